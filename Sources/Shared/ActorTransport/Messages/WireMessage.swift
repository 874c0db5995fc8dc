/// A value that crosses wires as one message.
///
/// What cannot be said or understood is thrown as `invalidArgument`, what is too large as `resourceExhausted`.
package protocol WireMessage: Sendable {
    /// The message in `proto/`.
    static var wireSchema: MessageSchema { get }
    func encoded() throws(ServiceError) -> [UInt8]
    init(encoded bytes: [UInt8]) throws(ServiceError)
}

/// The fields of a message, for those who read and for those who write.
///
/// One list serves both directions, so they cannot differ. A test compares it with `proto/`.
package protocol MessageFields: Sendable {
    /// What a message says in which no field was sent.
    init()
    mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError)
}

/// A value whose message has been described in `proto/`.
///
///     package struct DrainRequest: ProtoMessage {
///         package static let schema = MessageSchema("apus.v1.DrainRequest")
///         package var isDraining = true
///         package init() {}
///         package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
///             try coder.field("is_draining", &self.isDraining)
///         }
///     }
package protocol ProtoMessage: WireMessage, MessageFields {
    static var schema: MessageSchema { get }
}

extension ProtoMessage {
    package static var wireSchema: MessageSchema { self.schema }

    package func encoded() throws(ServiceError) -> [UInt8] {
        var value = self
        return try Self.schema.encode { (writer) throws(ServiceError) in try value.fields(&writer) }
    }

    package init(encoded bytes: [UInt8]) throws(ServiceError) {
        self = try Self.schema.decode(bytes) { (reader) throws(ServiceError) in
            var value = Self()
            try value.fields(&reader)
            return value
        }
    }
}

/// A message of which lists are sent: as another message with the one field `items`.
package protocol ListedMessage: ProtoMessage {
    static var listSchema: MessageSchema { get }
}

extension Array: WireMessage where Element: ListedMessage {
    package static var wireSchema: MessageSchema { Element.listSchema }

    package func encoded() throws(ServiceError) -> [UInt8] {
        var items = self
        return try Element.listSchema.encode { (writer) throws(ServiceError) in try writer.field("items", &items) }
    }

    package init(encoded bytes: [UInt8]) throws(ServiceError) {
        self = try Element.listSchema.decode(bytes) { (reader) throws(ServiceError) in
            var items: [Element] = []
            try reader.field("items", &items)
            return items
        }
    }
}
