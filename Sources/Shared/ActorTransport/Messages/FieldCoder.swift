/// Reads or writes the fields of a message: what one direction does with a field, the other undoes.
///
/// A field is named as in `proto/`. What was not sent leaves its value as it is, so a value's `init()` says what that
/// means; `nil` is not sent.
package protocol FieldCoder {
    /// Whether values are set to what was sent; else they are sent.
    static var isReading: Bool { get }

    mutating func field(_ name: StaticString, _ value: inout String?) throws(ServiceError)
    mutating func field(_ name: StaticString, _ value: inout [UInt8]?) throws(ServiceError)
    mutating func field(_ name: StaticString, _ value: inout Int?) throws(ServiceError)
    mutating func field(_ name: StaticString, _ value: inout Bool?) throws(ServiceError)
    mutating func field<Message: MessageFields>(
        _ name: StaticString, _ value: inout Message?) throws(ServiceError)

    mutating func field(_ name: StaticString, _ values: inout [String]) throws(ServiceError)
    mutating func field(_ name: StaticString, _ values: inout [[UInt8]]) throws(ServiceError)
    mutating func field(_ name: StaticString, _ values: inout [Int]) throws(ServiceError)
    mutating func field<Message: MessageFields>(
        _ name: StaticString, _ values: inout [Message]) throws(ServiceError)
}

extension FieldCoder {
    package mutating func field(_ name: StaticString, _ value: inout String) throws(ServiceError) {
        var sent: String? = value
        try self.field(name, &sent)
        if let sent { value = sent }
    }

    package mutating func field(_ name: StaticString, _ value: inout [UInt8]) throws(ServiceError) {
        var sent: [UInt8]? = value
        try self.field(name, &sent)
        if let sent { value = sent }
    }

    package mutating func field(_ name: StaticString, _ value: inout Int) throws(ServiceError) {
        var sent: Int? = value
        try self.field(name, &sent)
        if let sent { value = sent }
    }

    package mutating func field(_ name: StaticString, _ value: inout Bool) throws(ServiceError) {
        var sent: Bool? = value
        try self.field(name, &sent)
        if let sent { value = sent }
    }

    package mutating func field<Message: MessageFields>(
        _ name: StaticString, _ value: inout Message
    ) throws(ServiceError) {
        var sent: Message? = value
        try self.field(name, &sent)
        if let sent { value = sent }
    }
}
