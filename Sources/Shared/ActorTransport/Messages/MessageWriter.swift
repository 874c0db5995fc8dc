import Proto

/// Writes the fields of a value into the C form of its message.
struct MessageWriter: FieldCoder {
    static let isReading = false

    private let arena: MessageArena
    private let message: UnsafeMutableRawPointer
    private var cursor: FieldCursor

    init(_ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, _ arena: MessageArena) {
        self.arena = arena
        self.cursor = FieldCursor(descriptor)
        self.message = Self.piece(descriptor.pointee.sizeof_message, arena)
        protobuf_c_message_init(descriptor, self.message)
    }

    /// The bytes of the message; valid while the arena lives.
    var packed: [UInt8] {
        let message = UnsafePointer(self.message.assumingMemoryBound(to: ProtobufCMessage.self))
        let size = protobuf_c_message_get_packed_size(message)
        // An empty array has no bytes of its own: the initializer would write the count of the one that all share.
        guard size > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = buffer.baseAddress.map { protobuf_c_message_pack(message, $0) } ?? 0
        }
    }

    // MARK: Fields

    mutating func field(_ name: StaticString, _ value: inout String?) throws(ServiceError) {
        let field = self.cursor.field(name, .text)
        guard let value else { return }
        self.store(try self.text(value, field), field)
    }

    mutating func field(_ name: StaticString, _ value: inout [UInt8]?) throws(ServiceError) {
        let field = self.cursor.field(name, .bytes)
        guard let value else { return }
        self.store(self.bytes(value), field)
    }

    mutating func field(_ name: StaticString, _ value: inout Int?) throws(ServiceError) {
        let field = self.cursor.field(name, .integer)
        guard let value else { return }
        guard field.pointee.isShort else { return self.store(Int64(value), field) }
        self.store(try self.short(value, field), field)
    }

    mutating func field(_ name: StaticString, _ value: inout Bool?) throws(ServiceError) {
        let field = self.cursor.field(name, .flag)
        guard let value else { return }
        self.store(protobuf_c_boolean(value ? 1 : 0), field)
    }

    mutating func field<Message: MessageFields>(
        _ name: StaticString, _ value: inout Message?
    ) throws(ServiceError) {
        let field = self.cursor.field(name, .message)
        guard var inner = value else { return }
        self.store(try self.message(&inner, field), field)
    }

    mutating func field(_ name: StaticString, _ values: inout [String]) throws(ServiceError) {
        let field = self.cursor.field(name, .text, isRepeated: true)
        try self.store(values, field) { (value) throws(ServiceError) in try self.text(value, field) }
    }

    mutating func field(_ name: StaticString, _ values: inout [[UInt8]]) throws(ServiceError) {
        let field = self.cursor.field(name, .bytes, isRepeated: true)
        try self.store(values, field) { (value) throws(ServiceError) in self.bytes(value) }
    }

    mutating func field(_ name: StaticString, _ values: inout [Int]) throws(ServiceError) {
        let field = self.cursor.field(name, .integer, isRepeated: true)
        if field.pointee.isShort {
            try self.store(values, field) { (value) throws(ServiceError) in try self.short(value, field) }
        } else {
            try self.store(values, field) { (value) throws(ServiceError) in Int64(value) }
        }
    }

    mutating func field<Message: MessageFields>(
        _ name: StaticString, _ values: inout [Message]
    ) throws(ServiceError) {
        let field = self.cursor.field(name, .message, isRepeated: true)
        try self.store(values, field) { (value) throws(ServiceError) in
            var value = value
            return try self.message(&value, field)
        }
    }

    // MARK: Memory

    private func store<Value>(_ value: Value, _ field: UnsafePointer<ProtobufCFieldDescriptor>) {
        self.message.storeBytes(of: value, toByteOffset: field.pointee.place, as: Value.self)
        if field.pointee.isInOneof {
            self.message.storeBytes(of: field.pointee.id, toByteOffset: field.pointee.quantifierPlace, as: UInt32.self)
        } else if field.pointee.quantifier_offset != 0 {
            self.message.storeBytes(
                of: 1, toByteOffset: field.pointee.quantifierPlace, as: protobuf_c_boolean.self)
        }
    }

    private func store<Value, Stored>(
        _ values: [Value], _ field: UnsafePointer<ProtobufCFieldDescriptor>,
        _ transform: (Value) throws(ServiceError) -> Stored
    ) throws(ServiceError) {
        guard !values.isEmpty else { return }
        let array = Self.piece(values.count * MemoryLayout<Stored>.stride, self.arena)
        var place = 0
        for value in values {
            array.storeBytes(of: try transform(value), toByteOffset: place, as: Stored.self)
            place += MemoryLayout<Stored>.stride
        }
        self.message.storeBytes(of: array, toByteOffset: field.pointee.place, as: UnsafeMutableRawPointer.self)
        self.message.storeBytes(of: values.count, toByteOffset: field.pointee.quantifierPlace, as: Int.self)
    }

    private func text(
        _ text: String, _ field: UnsafePointer<ProtobufCFieldDescriptor>
    ) throws(ServiceError) -> UnsafeMutableRawPointer {
        var text = text
        let copy = text.withUTF8 { utf8 -> UnsafeMutableRawPointer? in
            guard !utf8.contains(0) else { return nil }
            let copy = Self.piece(utf8.count + 1, self.arena)
            if let source = utf8.baseAddress { copy.copyMemory(from: source, byteCount: utf8.count) }
            copy.storeBytes(of: 0, toByteOffset: utf8.count, as: UInt8.self)
            return copy
        }
        guard let copy else {
            throw ServiceError(.invalidArgument, "\(self.cursor.path(of: field)) holds a NUL: remove it")
        }
        return copy
    }

    private func short(
        _ value: Int, _ field: UnsafePointer<ProtobufCFieldDescriptor>
    ) throws(ServiceError) -> Int32 {
        guard let short = Int32(exactly: value) else {
            throw ServiceError(.invalidArgument, "\(self.cursor.path(of: field)) cannot hold \(value)")
        }
        return short
    }

    private func bytes(_ bytes: [UInt8]) -> ProtobufCBinaryData {
        let copy = Self.piece(bytes.count, self.arena)
        bytes.withUnsafeBytes { copy.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(copy), byteCount: $0.count) }
        return ProtobufCBinaryData(len: bytes.count, data: copy.assumingMemoryBound(to: UInt8.self))
    }

    private func message(
        _ value: inout some MessageFields, _ field: UnsafePointer<ProtobufCFieldDescriptor>
    ) throws(ServiceError) -> UnsafeMutableRawPointer {
        var writer = MessageWriter(field.pointee.message, self.arena)
        try value.fields(&writer)
        return writer.message
    }

    /// What is written is ours, and as large as it is.
    private static func piece(_ count: Int, _ arena: MessageArena) -> UnsafeMutableRawPointer {
        guard let piece = arena.allocate(count) else { preconditionFailure("an arena without a limit is exhausted") }
        return piece
    }
}
