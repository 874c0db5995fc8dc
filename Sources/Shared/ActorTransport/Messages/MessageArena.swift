import Proto

/// The memory of one message in its C form: taken piece by piece, given back all at once.
///
/// Each piece knows its size, which is how a NUL inside a text is found: C strings do not tell.
final class MessageArena {
    /// What most messages need; more than this the allocator does not keep at hand.
    private static let firstChunkBytes = 1000
    private static let chunkBytes = 4096
    private static let alignment = 16
    /// What stands before each piece: its size; and at the beginning of a chunk.
    private static let headerBytes = 16

    /// The chunk that was taken last; each begins with the one before it.
    private var last: UnsafeMutableRawPointer?
    private var next: UnsafeMutableRawPointer?
    private var left = 0
    private var rest: Int
    /// Whether more was asked for than may be used.
    private(set) var isExhausted = false

    init(limit: Int = .max) { self.rest = limit }

    deinit {
        while let chunk = self.last {
            self.last = chunk.load(as: UnsafeMutableRawPointer?.self)
            chunk.deallocate()
        }
    }

    /// A piece of memory, or `nil` past the limit.
    func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
        guard count <= self.rest - MessageArena.headerBytes - MessageArena.alignment else {
            self.isExhausted = true
            return nil
        }
        let rounded = (count + MessageArena.alignment - 1) & -MessageArena.alignment
        let needed = rounded + MessageArena.headerBytes
        self.rest -= needed
        if needed > self.left {
            let usual = self.last == nil ? MessageArena.firstChunkBytes : MessageArena.chunkBytes
            let size = max(usual, needed + MessageArena.headerBytes)
            let chunk = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: MessageArena.alignment)
            chunk.storeBytes(of: self.last, as: UnsafeMutableRawPointer?.self)
            self.last = chunk
            self.next = chunk + MessageArena.headerBytes
            self.left = size - MessageArena.headerBytes
        }
        guard let piece = self.next else { return nil }
        piece.storeBytes(of: count, as: Int.self)
        self.next = piece + needed
        self.left -= needed
        return piece + MessageArena.headerBytes
    }

    /// How much was asked for where a piece begins.
    static func size(of piece: UnsafeRawPointer) -> Int { (piece - MessageArena.headerBytes).load(as: Int.self) }

    /// Lends the arena to C, for as long as `body` runs.
    func withAllocator<Result>(_ body: (UnsafeMutablePointer<ProtobufCAllocator>) -> Result) -> Result {
        var allocator = ProtobufCAllocator(
            alloc: { arena, size in
                guard let arena, let count = Int(exactly: size) else { return nil }
                return Unmanaged<MessageArena>.fromOpaque(arena).takeUnretainedValue().allocate(count)
            },
            free: { _, _ in }, allocator_data: Unmanaged.passUnretained(self).toOpaque())
        return withExtendedLifetime(self) { body(&allocator) }
    }
}
