extension JSONValue {
    /// The text that Argo's `AnyString` keeps of a value: objects, arrays and `null` leave nothing.
    @usableFromInline
    package var anyText: String {
        switch self {
        case .string(let text): text
        case .bool(let value): value ? "true" : "false"
        case .integer(let number):
            // Go reads every number as a double on its way.
            number.magnitude <= 1 << 53 ? String(number) : plainDecimal(Double(number))
        case .double(let number): plainDecimal(number)
        case .null, .array, .object: ""
        }
    }
}
