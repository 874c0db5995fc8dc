/// Functions of sprig on lists; most have a second name with `must`.
let sprigLists: [String: NativeFunction] = {
    var functions: [String: NativeFunction] = [
        "list": atLeast(0) { (call) throws(ValueFailure) in .array(call.arguments) },
        "tuple": atLeast(0) { (call) throws(ValueFailure) in .array(call.arguments) },
        "concat": atLeast(0) { (call) throws(ValueFailure) in
            var joined: [Value] = []
            for argument in call.arguments {
                guard let elements = argument.elements else {
                    throw ValueFailure("Cannot concat type \(argument.goKind) as list")
                }
                try call.reserve(joined.count + elements.count)
                joined += elements
            }
            return .array(joined)
        },
    ]
    for (name, function) in mustableLists {
        functions[name] = function
        functions["must" + name.prefix(1).uppercased() + name.dropFirst()] = function
    }
    return functions
}()

private let mustableLists: [String: NativeFunction] = [
    "append": exactly(2) { (call) throws(ValueFailure) in .array(try call.goList(0, "push on") + [call[1]]) },
    "push": exactly(2) { (call) throws(ValueFailure) in .array(try call.goList(0, "push on") + [call[1]]) },
    "prepend": exactly(2) { (call) throws(ValueFailure) in .array([call[1]] + (try call.goList(0, "prepend on"))) },
    "first": exactly(1) { (call) throws(ValueFailure) in try call.goList(0, "find first on").first ?? .null },
    "last": exactly(1) { (call) throws(ValueFailure) in try call.goList(0, "find last on").last ?? .null },
    "rest": exactly(1) { (call) throws(ValueFailure) in
        let elements = try call.goList(0, "find rest on")
        return elements.isEmpty ? .null : .array(Array(elements.dropFirst()))
    },
    "initial": exactly(1) { (call) throws(ValueFailure) in
        let elements = try call.goList(0, "find initial on")
        return elements.isEmpty ? .null : .array(elements.dropLast())
    },
    "reverse": exactly(1) { (call) throws(ValueFailure) in
        .array(try call.goList(0, "find reverse on").reversed())
    },
    "uniq": exactly(1) { (call) throws(ValueFailure) in
        var seen: Set<Value> = []
        return .array(try call.goList(0, "find uniq on").filter { seen.insert($0).inserted })
    },
    "compact": exactly(1) { (call) throws(ValueFailure) in
        .array(try call.goList(0, "compact on").filter { !isSprigEmpty($0) })
    },
    "without": atLeast(1) { (call) throws(ValueFailure) in
        let omitted = Set(call.arguments.dropFirst())
        return .array(try call.goList(0, "find without on").filter { !omitted.contains($0) })
    },
    "has": exactly(2) { (call) throws(ValueFailure) in
        if call[1].isNull { return false }
        return .bool(try call.goList(1, "find has on").contains(call[0]))
    },
    "slice": atLeast(1) { (call) throws(ValueFailure) in
        guard let elements = call[0].elements else {
            throw ValueFailure("list should be type of slice or array but \(call[0].goKind)")
        }
        if elements.isEmpty { return .null }
        let start = call.count > 1 ? sprigInteger(call[1]) : 0
        let end = call.count > 2 ? sprigInteger(call[2]) : elements.count
        guard start >= 0, start <= end, end <= elements.count else {
            throw ValueFailure("reflect.Value.Slice: slice index out of bounds")
        }
        return .array(Array(elements[start..<end]))
    },
    "chunk": exactly(2) { (call) throws(ValueFailure) in
        let size = try call.goInteger(0)
        let elements = try call.goList(1, "chunk")
        guard size > 0 else { throw ValueFailure("chunk needs a size above 0, not \(size)") }
        return .array(
            stride(from: 0, to: elements.count, by: size).map { start in
                .array(Array(elements[start..<min(start + size, elements.count)]))
            })
    },
]
