package import JSON

/// How values become messages: JSON in its compact form.
package enum Wire {
    package static func encode(_ value: some JSONConvertible) -> [UInt8] { value.json(.compact).bytes }

    package static func decode<Value: JSONConvertible>(
        _ type: Value.Type = Value.self, from message: [UInt8]
    ) throws(ServiceError) -> Value {
        try self.decode(try self.parse(message))
    }

    static func decode<Value: JSONConvertible>(_ json: JSONValue) throws(ServiceError) -> Value {
        do {
            return try Value(json: json, at: DecodingPlace())
        } catch {
            throw ServiceError(.invalidArgument, "\(error)")
        }
    }

    static func parse(_ message: [UInt8]) throws(ServiceError) -> JSONValue {
        do {
            return try JSONValue.parse(message)
        } catch {
            throw ServiceError(.invalidArgument, "a message is no JSON: \(error)")
        }
    }
}

/// The answer of calls that answer nothing.
package struct Nothing: ModelObject {
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([])
}
