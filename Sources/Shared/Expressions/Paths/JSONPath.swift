import JSON

/// JSONPath.
enum JSONPath {
    static func query(_ path: String, in document: JSONValue) throws(ValueFailure) -> Value {
        throw ValueFailure("not yet")
    }
}
