/// Functions of sprig on numbers.
let sprigNumbers: [String: NativeFunction] = [
    "atoi": exactly(1) { (call) throws(ValueFailure) in .int(Int(try call.goText(0)) ?? 0) },
    "int64": exactly(1) { (call) throws(ValueFailure) in .int(sprigInteger(call[0])) },
    "int": exactly(1) { (call) throws(ValueFailure) in .int(sprigInteger(call[0])) },
    "float64": exactly(1) { (call) throws(ValueFailure) in .float(sprigFloat(call[0])) },
    "toDecimal": exactly(1) { (call) throws(ValueFailure) in .int(Int(call[0].formatted, radix: 8) ?? 0) },
    "add1": exactly(1) { (call) throws(ValueFailure) in .int(sprigInteger(call[0]) &+ 1) },
    "add": atLeast(0) { (call) throws(ValueFailure) in
        .int(call.arguments.reduce(0) { $0 &+ sprigInteger($1) })
    },
    "sub": exactly(2) { (call) throws(ValueFailure) in .int(sprigInteger(call[0]) &- sprigInteger(call[1])) },
    "div": exactly(2) { (call) throws(ValueFailure) in
        let divisor = sprigInteger(call[1])
        guard divisor != 0 else { throw ValueFailure("runtime error: integer divide by zero") }
        return .int(divisor == -1 ? 0 &- sprigInteger(call[0]) : sprigInteger(call[0]) / divisor)
    },
    "mod": exactly(2) { (call) throws(ValueFailure) in
        let divisor = sprigInteger(call[1])
        guard divisor != 0 else { throw ValueFailure("runtime error: integer divide by zero") }
        return .int(divisor == -1 ? 0 : sprigInteger(call[0]) % divisor)
    },
    "mul": atLeast(1) { (call) throws(ValueFailure) in
        .int(call.arguments.reduce(1) { $0 &* sprigInteger($1) })
    },
    "add1f": exactly(1) { (call) throws(ValueFailure) in .float(decimal(sprigFloat(call[0]) + 1)) },
    "addf": atLeast(0) { (call) throws(ValueFailure) in
        .float(call.arguments.reduce(0) { decimal($0 + sprigFloat($1)) })
    },
    "subf": atLeast(1) { (call) throws(ValueFailure) in
        .float(call.arguments.dropFirst().reduce(sprigFloat(call[0])) { decimal($0 - sprigFloat($1)) })
    },
    "mulf": atLeast(1) { (call) throws(ValueFailure) in
        .float(call.arguments.dropFirst().reduce(sprigFloat(call[0])) { decimal($0 * sprigFloat($1)) })
    },
    "divf": atLeast(1) { (call) throws(ValueFailure) in
        var result = sprigFloat(call[0])
        for argument in call.arguments.dropFirst() {
            let divisor = sprigFloat(argument)
            guard divisor != 0 else { throw ValueFailure("decimal division by 0") }
            result /= divisor
        }
        return .float(result)
    },
    "max": atLeast(1) { (call) throws(ValueFailure) in .int(call.arguments.map(sprigInteger).max() ?? 0) },
    "biggest": atLeast(1) { (call) throws(ValueFailure) in .int(call.arguments.map(sprigInteger).max() ?? 0) },
    "min": atLeast(1) { (call) throws(ValueFailure) in .int(call.arguments.map(sprigInteger).min() ?? 0) },
    "maxf": atLeast(1) { (call) throws(ValueFailure) in .float(call.arguments.map(sprigFloat).max() ?? 0) },
    "minf": atLeast(1) { (call) throws(ValueFailure) in .float(call.arguments.map(sprigFloat).min() ?? 0) },
    "ceil": exactly(1) { (call) throws(ValueFailure) in .float(sprigFloat(call[0]).rounded(.up)) },
    "floor": exactly(1) { (call) throws(ValueFailure) in .float(sprigFloat(call[0]).rounded(.down)) },
    "round": atLeast(2) { (call) throws(ValueFailure) in
        let scale = power(10, Double(try call.goInteger(1)))
        let digits = scale * sprigFloat(call[0])
        let threshold = call.count > 2 ? sprigFloat(call[2]) : 0.5
        let fraction = digits - digits.rounded(.towardZero)
        return .float(digits.rounded(fraction >= threshold ? .up : .down) / scale)
    },
    "until": exactly(1) { (call) throws(ValueFailure) in
        let end = try call.goInteger(0)
        return .array(try steps(from: 0, to: end, by: end < 0 ? -1 : 1, call).map(Value.int))
    },
    "untilStep": exactly(3) { (call) throws(ValueFailure) in
        let numbers = try steps(
            from: try call.goInteger(0), to: try call.goInteger(1), by: try call.goInteger(2), call)
        return .array(numbers.map(Value.int))
    },
    "seq": atLeast(0) { (call) throws(ValueFailure) in
        var numbers: [Int] = []
        for index in 0..<call.count { numbers.append(try call.goInteger(index)) }
        guard (1...3).contains(numbers.count), let last = numbers.last else { return "" }
        let first = numbers.count == 1 ? 1 : numbers[0]
        let direction = last < first ? -1 : 1
        let step = numbers.count == 3 ? numbers[1] : direction
        if numbers.count == 3, direction < 0, step > 0 { return "" }
        let sequence = try steps(from: first, to: last &+ direction, by: step, call)
        return .string(sequence.map { String($0) }.joined(separator: " "))
    },
]

/// A sum or product without the noise of binary fractions: 0.1 + 0.2 is 0.3.
private func decimal(_ number: Double) -> Double {
    guard number.isFinite, number.magnitude < 1e9, number.magnitude > 1e-6 else { return number }
    let rounded = (number * 1e6).rounded() / 1e6
    return (rounded - number).magnitude < number.magnitude * 4e-16 ? rounded : number
}

private func steps(from start: Int, to end: Int, by step: Int, _ call: FunctionCall) throws(ValueFailure) -> [Int] {
    guard step != 0, (end < start) == (step < 0) else { return [] }
    let (distance, overflow) = end.subtractingReportingOverflow(start)
    let count = overflow ? UInt.max : (distance / step).magnitude
    guard count < ExpressionLimits.rangeElementsMax else { throw ValueFailure("memory budget exceeded") }
    try call.reserve(Int(count))
    return Array(stride(from: start, to: end, by: step))
}
