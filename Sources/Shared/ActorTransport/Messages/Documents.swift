package import JSON

/// An API document as a message: `null` is an empty one.
extension JSONValue: ProtoMessage {
    package static let schema = MessageSchema("apus.v1.Document")

    package init() { self = .null }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.document("json", &self)
    }
}

/// The answer of calls that answer nothing.
package struct Nothing: ProtoMessage {
    package static let schema = MessageSchema("apus.v1.Nothing")

    package init() {}

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {}
}

/// A message that is not described in `proto/` yet: it crosses as a document.
package protocol JSONMessage: WireMessage, JSONConvertible {}

extension JSONMessage {
    package static var wireSchema: MessageSchema { JSONValue.schema }

    package func encoded() throws(ServiceError) -> [UInt8] { try self.json(.compact).encoded() }

    package init(encoded bytes: [UInt8]) throws(ServiceError) {
        let document = try JSONValue(encoded: bytes)
        do {
            try self.init(json: document, at: DecodingPlace())
        } catch {
            throw ServiceError(.invalidArgument, "\(error)")
        }
    }
}
