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
