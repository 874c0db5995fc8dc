/// What is known of a value's type before an expression runs.
indirect enum Nature: Hashable {
    case unknown
    case null, bool, int, float, string, bytes, time, duration, zone
    case array(Nature)
    case map
    /// A function of the environment.
    case function(String)

    /// The type as Go prints it.
    var goType: String {
        switch self {
        case .unknown: "unknown"
        case .null: "nil"
        case .bool: "bool"
        case .int: "int"
        case .float: "float64"
        case .string: "string"
        case .bytes: "[]uint8"
        case .time: "time.Time"
        case .duration: "time.Duration"
        case .zone: "*time.Location"
        case .array(let element):
            element == .unknown || element == .null ? "[]interface {}" : "[]\(element.goType)"
        case .map: "map[string]interface {}"
        case .function: "func"
        }
    }

    init(_ value: Value) {
        switch value {
        case .null: self = .null
        case .bool: self = .bool
        case .int: self = .int
        case .float: self = .float
        case .string: self = .string
        case .bytes: self = .bytes
        case .array: self = .array(.unknown)
        case .map, .table: self = .map
        case .time: self = .time
        case .duration: self = .duration
        case .zone: self = .zone
        case .function(let function): self = .function(function.name)
        }
    }

    var isNumber: Bool { self == .int || self == .float }

    var isArray: Bool {
        switch self {
        case .array, .bytes: true
        default: false
        }
    }

    /// The nature of an element or a member.
    var element: Nature {
        switch self {
        case .array(let element): element
        case .bytes: .int
        default: .unknown
        }
    }

    func isComparable(to other: Nature) -> Bool {
        self == .unknown || other == .unknown || self == .null || other == .null || self == other
            || (self.isNumber && other.isNumber) || (self.isArray && other.isArray)
    }

    /// Whether one of both is unknown and the other, where it is known, is one of `accepted`.
    func mayFit(_ other: Nature, _ accepted: [Nature]) -> Bool {
        (self == .unknown && other == .unknown) || (self == .unknown && accepted.contains(other))
            || (other == .unknown && accepted.contains(self))
    }

    func isAssignable(to parameter: Nature) -> Bool {
        if self == parameter || parameter == .unknown || self == .unknown { return true }
        if case .array = self, parameter == .array(.unknown) { return true }
        return false
    }
}
