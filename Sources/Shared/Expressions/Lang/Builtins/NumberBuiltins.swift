/// The builtins of expr-lang on numbers, and those that tell or change a value's kind.
let numberBuiltins: [String: NativeFunction] = [
    "type": { (call) throws(ValueFailure) in .string(typeName(call[0])) },
    "abs": { (call) throws(ValueFailure) in
        try call.expect(1...1)
        switch call[0] {
        case .int(let number): return .int(number < 0 ? 0 &- number : number)
        case .float(let number): return .float(number < 0 ? -number : number)
        default: throw ValueFailure("invalid argument for abs (type \(call[0].goType))")
        }
    },
    "ceil": { (call) throws(ValueFailure) in try rounding(call, "ceil", .up) },
    "floor": { (call) throws(ValueFailure) in try rounding(call, "floor", .down) },
    "round": { (call) throws(ValueFailure) in try rounding(call, "round", .toNearestOrAwayFromZero) },
    "int": { (call) throws(ValueFailure) in
        try call.expect(1...1)
        switch call[0] {
        case .int(let number), .duration(let number): return .int(number)
        case .float(let number): return .int(goInt(number))
        case .string(let text):
            guard let number = Int(text) else { throw ValueFailure("invalid operation: int(\(text))") }
            return .int(number)
        default: throw ValueFailure("invalid operation: int(\(call[0].goType))")
        }
    },
    "float": { (call) throws(ValueFailure) in
        try call.expect(1...1)
        switch call[0] {
        case .int(let number): return .float(Double(number))
        case .float(let number): return .float(number)
        case .string(let text):
            guard let number = goParseFloat(text) else { throw ValueFailure("invalid operation: float(\(text))") }
            return .float(number)
        default: throw ValueFailure("invalid operation: float(\(call[0].goType))")
        }
    },
    "max": { (call) throws(ValueFailure) in try extreme("max", call.arguments) { $0 < $1 } },
    "min": { (call) throws(ValueFailure) in try extreme("min", call.arguments) { $0 > $1 } },
    "mean": { (call) throws(ValueFailure) in
        let numbers = try flatNumbers("mean", call.arguments)
        return .float(numbers.isEmpty ? 0 : numbers.reduce(0, +) / Double(numbers.count))
    },
    "median": { (call) throws(ValueFailure) in
        let numbers = try flatNumbers("median", call.arguments).sorted()
        guard !numbers.isEmpty else { return 0.0 }
        let middle = numbers.count / 2
        return .float(numbers.count % 2 == 1 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2)
    },
    "bitand": { (call) throws(ValueFailure) in try bits(call, "bitand") { $0 & $1 } },
    "bitor": { (call) throws(ValueFailure) in try bits(call, "bitor") { $0 | $1 } },
    "bitxor": { (call) throws(ValueFailure) in try bits(call, "bitxor") { $0 ^ $1 } },
    "bitnand": { (call) throws(ValueFailure) in try bits(call, "bitnand") { $0 & ~$1 } },
    "bitshl": { (call) throws(ValueFailure) in try shift(call, "bitshl") { $1 > 63 ? 0 : $0 << $1 } },
    "bitshr": { (call) throws(ValueFailure) in try shift(call, "bitshr") { $0 >> min($1, 63) } },
    "bitushr": { (call) throws(ValueFailure) in
        try shift(call, "bitushr") { $1 > 63 ? 0 : Int(bitPattern: UInt(bitPattern: $0) >> UInt($1)) }
    },
    "bitnot": { (call) throws(ValueFailure) in
        guard call.count == 1 else {
            throw ValueFailure("invalid number of arguments for bitnot (expected 1, got \(call.count))")
        }
        return .int(~(try integer(call[0], "bitnot")))
    },
]

func typeName(_ value: Value) -> String {
    switch value {
    case .null: "nil"
    case .bool: "bool"
    case .int: "int"
    case .float: "float"
    case .string: "string"
    case .bytes, .array: "array"
    case .map, .table: "map"
    case .time, .duration: value.goType
    case .zone: "unknown"
    case .function: "func"
    }
}

private func rounding(
    _ call: FunctionCall, _ name: String, _ rule: FloatingPointRoundingRule
) throws(ValueFailure) -> Value {
    try call.expect(1...1)
    guard let number = call[0].doubleValue else {
        throw ValueFailure("invalid argument for \(name) (type \(call[0].goType))")
    }
    return .float(number.rounded(rule))
}

private func extreme(
    _ name: String, _ arguments: [Value], _ isBetter: (Double, Double) -> Bool
) throws(ValueFailure) -> Value {
    var best: Value?
    for argument in arguments {
        var candidate = argument
        if let elements = argument.elements {
            if elements.isEmpty { continue }
            candidate = try extreme(name, elements, isBetter)
            if candidate.isNull { continue }
        }
        guard let number = candidate.doubleValue else {
            if arguments.count == 1, argument.elements == nil { return argument }
            throw ValueFailure("invalid argument for \(name) (type \(candidate.goType))")
        }
        if best?.doubleValue.map({ isBetter($0, number) }) ?? true { best = candidate }
    }
    return best ?? .null
}

private func flatNumbers(_ name: String, _ arguments: [Value]) throws(ValueFailure) -> [Double] {
    var numbers: [Double] = []
    for argument in arguments {
        if let elements = argument.elements {
            numbers += try flatNumbers(name, elements)
        } else if let number = argument.doubleValue {
            numbers.append(number)
        } else {
            throw ValueFailure("invalid argument for \(name) (type \(argument.goType))")
        }
    }
    return numbers
}

private func integer(_ value: Value, _ name: String) throws(ValueFailure) -> Int {
    guard case .int(let number) = value else {
        throw ValueFailure("cannot use \(value.goType) as argument (type int) to call \(name)")
    }
    return number
}

private func bits(_ call: FunctionCall, _ name: String, _ body: (Int, Int) -> Int) throws(ValueFailure) -> Value {
    guard call.count == 2 else {
        throw ValueFailure("invalid number of arguments for \(name) (expected 2, got \(call.count))")
    }
    return .int(body(try integer(call[0], name), try integer(call[1], name)))
}

private func shift(_ call: FunctionCall, _ name: String, _ body: (Int, Int) -> Int) throws(ValueFailure) -> Value {
    if call.count == 2, case .int(let places) = call[1], places < 0 {
        throw ValueFailure("invalid operation: negative shift count \(places) (type int)")
    }
    return try bits(call, name, body)
}
