/// The types of a function's parameters and of its result, in one or more forms.
struct Signature: Sendable {
    enum Kind: Sendable, Hashable {
        case any, bool, int, float, string, array, map, time, duration, zone

        var nature: Nature {
            switch self {
            case .any: .unknown
            case .bool: .bool
            case .int: .int
            case .float: .float
            case .string: .string
            case .array: .array(.unknown)
            case .map: .map
            case .time: .time
            case .duration: .duration
            case .zone: .zone
            }
        }
    }

    let forms: [[Kind]]
    let result: Kind

    init(_ forms: [Kind]..., result: Kind) {
        self.forms = forms
        self.result = result
    }

    /// The builtins whose parameters have fixed types.
    static let ofBuiltins: [String: Signature] = [
        "type": Signature([.any], result: .string), "string": Signature([.any], result: .string),
        "trim": Signature([.string], [.string, .string], result: .string),
        "trimPrefix": Signature([.string, .string], [.string], result: .string),
        "trimSuffix": Signature([.string, .string], [.string], result: .string),
        "upper": Signature([.string], result: .string), "lower": Signature([.string], result: .string),
        "split": Signature([.string, .string], [.string, .string, .int], result: .array),
        "splitAfter": Signature([.string, .string], [.string, .string, .int], result: .array),
        "replace": Signature([.string, .string, .string, .int], [.string, .string, .string], result: .string),
        "repeat": Signature([.string, .int], result: .string),
        "join": Signature([.array, .string], [.array], result: .string),
        "indexOf": Signature([.string, .string], result: .int),
        "lastIndexOf": Signature([.string, .string], result: .int),
        "hasPrefix": Signature([.string, .string], result: .bool),
        "hasSuffix": Signature([.string, .string], result: .bool),
        "toJSON": Signature([.any], result: .string), "fromJSON": Signature([.string], result: .any),
        "toBase64": Signature([.string], result: .string), "fromBase64": Signature([.string], result: .string),
        "duration": Signature([.string], result: .duration), "timezone": Signature([.string], result: .zone),
        "sort": Signature([.array, .string], [.array], result: .array),
        "bitand": Signature([.int, .int], result: .int), "bitor": Signature([.int, .int], result: .int),
        "bitxor": Signature([.int, .int], result: .int), "bitnand": Signature([.int, .int], result: .int),
        "bitshl": Signature([.int, .int], result: .int), "bitshr": Signature([.int, .int], result: .int),
        "bitushr": Signature([.int, .int], result: .int), "bitnot": Signature([.int], result: .int),
    ]

    /// The functions of Argo.
    static let ofFunctions: [String: Signature] = [
        "asInt": Signature([.any], result: .any), "asFloat": Signature([.any], result: .any),
        "toJson": Signature([.any], result: .string), "jsonpath": Signature([.string, .string], result: .any),
    ]
}

extension Checker {
    mutating func check(
        _ signature: Signature, _ name: String, _ arguments: [Node], at node: Node
    ) throws(ExpressionError) -> Nature {
        var natures: [Nature] = []
        for argument in arguments { natures.append(try self.visit(argument)) }
        var failure: ExpressionError?
        for form in signature.forms {
            failure = self.mismatch(form, name, natures, arguments, at: node)
            if failure == nil { return signature.result.nature }
        }
        if let failure { throw failure }
        return signature.result.nature
    }

    private func mismatch(
        _ form: [Signature.Kind], _ name: String, _ natures: [Nature], _ arguments: [Node], at node: Node
    ) -> ExpressionError? {
        if natures.count > form.count { return self.failure("too many arguments to call \(name)", at: node) }
        if natures.count < form.count { return self.failure("not enough arguments to call \(name)", at: node) }
        for (index, (nature, kind)) in zip(natures, form).enumerated() where kind != .any {
            let type = kind.nature.goType
            if nature == .null {
                return self.failure(
                    "cannot use nil as argument (type \(type)) to call \(name)", at: arguments[index])
            }
            guard nature.isAssignable(to: kind.nature) || (kind == .float && nature == .int) else {
                return self.failure(
                    "cannot use \(nature.goType) as argument (type \(type)) to call \(name) ", at: arguments[index])
            }
        }
        return nil
    }

    mutating func builtin(_ name: String, _ arguments: [Node], at node: Node) throws(ExpressionError) -> Nature {
        if let signature = Signature.ofBuiltins[name] { return try self.check(signature, name, arguments, at: node) }
        var natures: [Nature] = []
        for argument in arguments { natures.append(try self.visit(argument)) }
        switch name {
        case "len", "abs", "ceil", "floor", "round", "int", "float", "first", "last", "keys", "values", "toPairs",
            "fromPairs", "reverse", "uniq", "flatten":
            try self.expectCount(1, natures, at: node)
            return try self.oneArgument(name, natures[0], at: node)
        case "max", "min", "mean", "median":
            guard !natures.isEmpty else { throw self.failure("not enough arguments to call \(name)", at: node) }
            for nature in natures {
                if nature.isArray || nature == .unknown { return .unknown }
                guard nature.isNumber else { throw self.invalid(name, nature, at: node) }
            }
            return natures[0]
        case "get":
            try self.expectCount(2, natures, at: node)
            return try self.get(natures, arguments)
        case "take":
            try self.expectCount(2, natures, at: node)
            guard natures[0].isArray || natures[0] == .unknown else {
                throw self.failure("cannot take from \(natures[0].goType)", at: node)
            }
            guard natures[1] == .int || natures[1] == .unknown else {
                throw self.failure("cannot take \(natures[1].goType) elements", at: node)
            }
            return natures[0]
        case "concat":
            guard !natures.isEmpty else {
                throw self.failure("invalid number of arguments (expected at least 1, got 0)", at: node)
            }
            for nature in natures where !nature.isArray && nature != .unknown {
                throw self.failure("cannot concat \(nature.goType)", at: node)
            }
            return .array(.unknown)
        case "now", "date": return .time
        default: return .unknown
        }
    }

    private func expectCount(_ count: Int, _ natures: [Nature], at node: Node) throws(ExpressionError) {
        guard natures.count != count else { return }
        throw self.failure("invalid number of arguments (expected \(count), got \(natures.count))", at: node)
    }

    private func invalid(_ name: String, _ nature: Nature, at node: Node) -> ExpressionError {
        self.failure("invalid argument for \(name) (type \(nature.goType))", at: node)
    }

    private func oneArgument(_ name: String, _ nature: Nature, at node: Node) throws(ExpressionError) -> Nature {
        let isOpen = nature == .unknown
        switch name {
        case "len":
            guard isOpen || nature == .string || nature == .map || nature.isArray else {
                throw self.invalid(name, nature, at: node)
            }
            return .int
        case "abs":
            guard isOpen || nature.isNumber || nature == .duration else { throw self.invalid(name, nature, at: node) }
            return nature
        case "ceil", "floor", "round":
            guard isOpen || nature.isNumber else { throw self.invalid(name, nature, at: node) }
            return .float
        case "int", "float":
            guard isOpen || nature.isNumber || nature == .string || nature == .duration else {
                throw self.invalid(name, nature, at: node)
            }
            return name == "int" ? .int : .float
        case "first", "last":
            guard isOpen || nature.isArray else {
                throw self.failure("cannot get \(name) element from \(nature.goType)", at: node)
            }
            return nature.element
        case "keys", "values", "toPairs":
            guard isOpen || nature == .map else {
                let problem =
                    name == "toPairs" ? "transform \(nature.goType) to pairs" : "get \(name) from \(nature.goType)"
                throw self.failure("cannot \(problem)", at: node)
            }
            return .array(.unknown)
        default:
            guard isOpen || nature.isArray else {
                let problem = name == "fromPairs" ? "transform \(nature.goType) from pairs" : "\(name) \(nature.goType)"
                throw self.failure("cannot \(problem)", at: node)
            }
            return name == "fromPairs" ? .unknown : .array(.unknown)
        }
    }

    private func get(_ natures: [Nature], _ arguments: [Node]) throws(ExpressionError) -> Nature {
        switch natures[0] {
        case .unknown: return .unknown
        case .array, .bytes:
            guard natures[1] == .int || natures[1] == .unknown else {
                throw self.failure("non-integer slice index \(natures[1].goType)", at: arguments[1])
            }
            return natures[0].element
        case .map:
            guard natures[1] == .string || natures[1] == .unknown else {
                throw self.failure(
                    "cannot use \(natures[1].goType) to get an element from \(natures[0].goType)", at: arguments[1])
            }
            return .unknown
        case .null, .bool, .int, .float, .string, .time, .duration, .zone, .function:
            throw self.failure("type \(natures[0].goType) does not support indexing", at: arguments[0])
        }
    }
}
