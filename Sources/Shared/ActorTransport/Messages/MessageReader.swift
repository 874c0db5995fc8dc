import Proto

/// Reads the fields of a value from the C form of its message, which C has unpacked into an arena.
///
/// Nothing of it is kept: every text and every run of bytes is copied.
struct MessageReader: FieldCoder {
    static let isReading = true

    private let message: UnsafeRawPointer
    private var cursor: FieldCursor

    init(_ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, _ message: UnsafePointer<ProtobufCMessage>) {
        self.message = UnsafeRawPointer(message)
        self.cursor = FieldCursor(descriptor)
    }

    // MARK: Fields

    mutating func field(_ name: StaticString, _ value: inout String?) throws(ServiceError) {
        let field = self.cursor.field(name, .text)
        guard self.isPresent(field), let text = self.load(UnsafePointer<UInt8>?.self, field) else { return }
        value = try self.text(text, field)
    }

    mutating func field(_ name: StaticString, _ value: inout [UInt8]?) throws(ServiceError) {
        let field = self.cursor.field(name, .bytes)
        guard self.isPresent(field) else { return }
        value = self.bytes(self.load(ProtobufCBinaryData.self, field))
    }

    mutating func field(_ name: StaticString, _ value: inout Int?) throws(ServiceError) {
        let field = self.cursor.field(name, .integer)
        guard self.isPresent(field) else { return }
        value = field.pointee.isShort ? Int(self.load(Int32.self, field)) : Int(self.load(Int64.self, field))
    }

    mutating func field(_ name: StaticString, _ value: inout Bool?) throws(ServiceError) {
        let field = self.cursor.field(name, .flag)
        guard self.isPresent(field) else { return }
        value = self.load(protobuf_c_boolean.self, field) != 0
    }

    mutating func field<Message: MessageFields>(
        _ name: StaticString, _ value: inout Message?
    ) throws(ServiceError) {
        let field = self.cursor.field(name, .message)
        guard self.isPresent(field), let inner = self.load(UnsafePointer<ProtobufCMessage>?.self, field) else { return }
        value = try self.message(inner, field)
    }

    mutating func field(_ name: StaticString, _ values: inout [String]) throws(ServiceError) {
        let field = self.cursor.field(name, .text, isRepeated: true)
        values = try self.entries(field) { (text: UnsafePointer<UInt8>) throws(ServiceError) in
            try self.text(text, field)
        }
    }

    mutating func field(_ name: StaticString, _ values: inout [[UInt8]]) throws(ServiceError) {
        let field = self.cursor.field(name, .bytes, isRepeated: true)
        values = try self.entries(field) { (bytes: ProtobufCBinaryData) throws(ServiceError) in self.bytes(bytes) }
    }

    mutating func field(_ name: StaticString, _ values: inout [Int]) throws(ServiceError) {
        let field = self.cursor.field(name, .integer, isRepeated: true)
        values =
            if field.pointee.isShort {
                try self.entries(field) { (number: Int32) throws(ServiceError) in Int(number) }
            } else {
                try self.entries(field) { (number: Int64) throws(ServiceError) in Int(number) }
            }
    }

    mutating func field<Message: MessageFields>(
        _ name: StaticString, _ values: inout [Message]
    ) throws(ServiceError) {
        let field = self.cursor.field(name, .message, isRepeated: true)
        values = try self.entries(field) { (inner: UnsafePointer<ProtobufCMessage>) throws(ServiceError) in
            try self.message(inner, field)
        }
    }

    // MARK: Memory

    private func load<Value>(_ type: Value.Type, _ field: UnsafePointer<ProtobufCFieldDescriptor>) -> Value {
        self.message.load(fromByteOffset: field.pointee.place, as: type)
    }

    /// Whether a field was sent, where something beside its value says so.
    private func isPresent(_ field: UnsafePointer<ProtobufCFieldDescriptor>) -> Bool {
        if field.pointee.isInOneof {
            return self.message.load(fromByteOffset: field.pointee.quantifierPlace, as: UInt32.self) == field.pointee.id
        }
        guard field.pointee.quantifier_offset != 0 else { return true }
        return self.message.load(fromByteOffset: field.pointee.quantifierPlace, as: protobuf_c_boolean.self) != 0
    }

    private func entries<Stored, Value>(
        _ field: UnsafePointer<ProtobufCFieldDescriptor>, _ transform: (Stored) throws(ServiceError) -> Value
    ) throws(ServiceError) -> [Value] {
        let count = self.message.load(fromByteOffset: field.pointee.quantifierPlace, as: Int.self)
        guard count <= MessageLimits.repeatedEntries else {
            let text = "\(self.cursor.path(of: field)) has \(count) entries, more than \(MessageLimits.repeatedEntries)"
            throw ServiceError(.resourceExhausted, text)
        }
        guard count > 0, let array = self.load(UnsafeRawPointer?.self, field) else { return [] }
        var values: [Value] = []
        values.reserveCapacity(count)
        for index in 0..<count {
            let place = index * MemoryLayout<Stored>.stride
            values.append(try transform(array.load(fromByteOffset: place, as: Stored.self)))
        }
        return values
    }

    /// C hides what is behind a NUL, but the arena knows how long the text was.
    private func text(
        _ text: UnsafePointer<UInt8>, _ field: UnsafePointer<ProtobufCFieldDescriptor>
    ) throws(ServiceError) -> String {
        let utf8 = UnsafeBufferPointer(start: text, count: MessageArena.size(of: text) - 1)
        guard !utf8.contains(0) else {
            throw ServiceError(.invalidArgument, "\(self.cursor.path(of: field)) holds a NUL: remove it")
        }
        guard let copy = String(validating: utf8, as: UTF8.self) else {
            throw ServiceError(.invalidArgument, "\(self.cursor.path(of: field)) is not UTF-8")
        }
        return copy
    }

    private func bytes(_ bytes: ProtobufCBinaryData) -> [UInt8] {
        Array(UnsafeBufferPointer(start: bytes.data, count: bytes.len))
    }

    private func message<Message: MessageFields>(
        _ inner: UnsafePointer<ProtobufCMessage>, _ field: UnsafePointer<ProtobufCFieldDescriptor>
    ) throws(ServiceError) -> Message {
        var reader = MessageReader(field.pointee.message, inner)
        var value = Message()
        try value.fields(&reader)
        return value
    }
}
