import Glibc
import Proto

/// A message as `proto/` describes it: finds its fields by their names, and turns values into bytes and back.
// SAFETY: it points to constants of the generated code.
package struct MessageSchema: @unchecked Sendable {
    let descriptor: UnsafePointer<ProtobufCMessageDescriptor>

    /// - Parameter name: the full one, as in `apus.v1.PodIdentity`.
    package init(_ name: StaticString) {
        var index = 0
        while let descriptor = proto_message(index) {
            if strcmp(descriptor.pointee.name, name.utf8Start) == 0 {
                self.descriptor = descriptor
                return
            }
            index += 1
        }
        preconditionFailure("proto/ has no message \(name)")
    }

    package var name: String { String(cString: self.descriptor.pointee.name) }

    /// The names of the fields, and the messages of those that hold messages.
    package var fields: [(name: String, message: MessageSchema?)] {
        (0..<Int(self.descriptor.pointee.n_fields)).compactMap { index in
            guard let field = self.descriptor.pointee.fields.map({ $0 + index }) else { return nil }
            let holdsMessages = field.pointee.type == PROTOBUF_C_TYPE_MESSAGE
            return (String(cString: field.pointee.name), holdsMessages ? MessageSchema(field.pointee.message) : nil)
        }
    }

    /// Every message of `proto/`.
    package static var all: [MessageSchema] {
        var schemas: [MessageSchema] = []
        while let descriptor = proto_message(schemas.count) { schemas.append(MessageSchema(descriptor)) }
        return schemas
    }

    /// Every method of the services of `proto/`, by its name on the wire.
    package static var methods: [String: (request: MessageSchema, answer: MessageSchema)] {
        var methods: [String: (request: MessageSchema, answer: MessageSchema)] = [:]
        var index = 0
        while let service = proto_service(index)?.pointee {
            for place in 0..<Int(service.n_methods) {
                let method = service.methods[place]
                let name = "/\(String(cString: service.name))/\(String(cString: method.name))"
                methods[name] = (MessageSchema(method.input), MessageSchema(method.output))
            }
            index += 1
        }
        return methods
    }

    private init(_ descriptor: UnsafePointer<ProtobufCMessageDescriptor>) { self.descriptor = descriptor }

    func encode(
        _ body: (inout MessageWriter) throws(ServiceError) -> Void
    ) throws(ServiceError) -> [UInt8] {
        let arena = MessageArena()
        var writer = MessageWriter(self.descriptor, arena)
        try body(&writer)
        return withExtendedLifetime(arena) { writer.packed }
    }

    func decode<Value>(
        _ bytes: [UInt8], _ body: (inout MessageReader) throws(ServiceError) -> Value
    ) throws(ServiceError) -> Value {
        guard bytes.count <= MessageLimits.messageBytes else {
            throw ServiceError(
                .resourceExhausted,
                "a message of \(bytes.count) bytes (\(self.name)) is larger than the limit of "
                    + "\(MessageLimits.messageBytes)")
        }
        let arena = MessageArena(limit: MessageLimits.memory(for: bytes.count))
        let message = arena.withAllocator { allocator in
            bytes.withUnsafeBufferPointer { bytes in
                // An empty array may have no address, which C would take for a mistake.
                var none: UInt8 = 0
                return bytes.baseAddress.map {
                    protobuf_c_message_unpack(self.descriptor, allocator, bytes.count, $0)
                } ?? protobuf_c_message_unpack(self.descriptor, allocator, 0, &none)
            }
        }
        guard let message else {
            guard arena.isExhausted else { throw ServiceError(.invalidArgument, "the message is no \(self.name)") }
            throw ServiceError(.resourceExhausted, "a \(self.name) of \(bytes.count) bytes needs too much memory")
        }
        var reader = MessageReader(self.descriptor, message)
        return try withExtendedLifetime(arena) { () throws(ServiceError) in try body(&reader) }
    }
}

/// The types of `proto/` that a Swift type may have there.
enum FieldKind {
    case text, bytes, integer, flag, message

    func holds(_ type: ProtobufCType) -> Bool {
        switch self {
        case .text: type == PROTOBUF_C_TYPE_STRING
        case .bytes: type == PROTOBUF_C_TYPE_BYTES
        case .integer:
            type == PROTOBUF_C_TYPE_INT64 || type == PROTOBUF_C_TYPE_SFIXED64 || type == PROTOBUF_C_TYPE_INT32
                || type == PROTOBUF_C_TYPE_ENUM
        case .flag: type == PROTOBUF_C_TYPE_BOOL
        case .message: type == PROTOBUF_C_TYPE_MESSAGE
        }
    }
}

/// Finds the fields of a message in the order in which a message is mostly read and written.
struct FieldCursor {
    let descriptor: UnsafePointer<ProtobufCMessageDescriptor>
    private var next = 0

    init(_ descriptor: UnsafePointer<ProtobufCMessageDescriptor>) { self.descriptor = descriptor }

    /// The field of a name, which is in `proto/` with such a type, or Swift and `proto/` contradict each other.
    mutating func field(
        _ name: StaticString, _ kind: FieldKind, isRepeated: Bool = false
    ) -> UnsafePointer<ProtobufCFieldDescriptor> {
        let count = Int(self.descriptor.pointee.n_fields)
        for step in 0..<count {
            let index = (self.next + step) % count
            guard let field = self.descriptor.pointee.fields.map({ $0 + index }),
                strcmp(field.pointee.name, name.utf8Start) == 0
            else { continue }
            precondition(
                kind.holds(field.pointee.type) && isRepeated == (field.pointee.label == PROTOBUF_C_LABEL_REPEATED),
                "\(name) has another type in proto/")
            self.next = index + 1
            return field
        }
        preconditionFailure("\(String(cString: self.descriptor.pointee.name)) has no field \(name) in proto/")
    }

    /// A field as errors name it: `apus.v1.PodReport.message`.
    func path(of field: UnsafePointer<ProtobufCFieldDescriptor>) -> String {
        "\(String(cString: self.descriptor.pointee.name)).\(String(cString: field.pointee.name))"
    }
}

extension ProtobufCFieldDescriptor {
    var place: Int { Int(self.offset) }
    var quantifierPlace: Int { Int(self.quantifier_offset) }
    /// Whether an integer has 32 bits.
    var isShort: Bool { self.type == PROTOBUF_C_TYPE_INT32 || self.type == PROTOBUF_C_TYPE_ENUM }
    var isInOneof: Bool { self.flags & UInt32(PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue) != 0 }

    /// The message of a field that holds messages.
    var message: UnsafePointer<ProtobufCMessageDescriptor> {
        guard let descriptor = self.descriptor else { preconditionFailure("a field of messages has no message") }
        return descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
    }
}
