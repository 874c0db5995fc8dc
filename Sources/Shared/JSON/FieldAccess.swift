/// The way to a member: by its place in memory where it is stored in the struct itself, which takes a few nanoseconds,
/// else by its key path.
///
/// The only place of this module that reaches into structs by address.
@usableFromInline
struct FieldAccess<Root, Value>: Sendable {
    @usableFromInline let path: any WritableKeyPath<Root, Value> & Sendable
    @usableFromInline let offset: Int?

    @inlinable
    init(_ path: any WritableKeyPath<Root, Value> & Sendable) {
        self.path = path
        self.offset = MemoryLayout<Root>.offset(of: path)
    }

    @inlinable
    func get(_ root: Root) -> Value {
        guard let offset = self.offset else { return root[keyPath: self.path] }
        return withUnsafePointer(to: root) { pointer in
            UnsafeRawPointer(pointer).advanced(by: offset).assumingMemoryBound(to: Value.self).pointee
        }
    }

    @inlinable
    func set(_ root: inout Root, to value: Value) {
        guard let offset = self.offset else {
            root[keyPath: self.path] = value
            return
        }
        withUnsafeMutablePointer(to: &root) { pointer in
            UnsafeMutableRawPointer(pointer).advanced(by: offset).assumingMemoryBound(to: Value.self).pointee = value
        }
    }
}
