/// Functions of sprig on maps.
let sprigMaps: [String: NativeFunction] = [
    "dict": atLeast(0) { (call) throws(ValueFailure) in
        var members: [String: Value] = [:]
        for index in stride(from: 0, to: call.count, by: 2) {
            members[sprigText(call[index])] = index + 1 < call.count ? call[index + 1] : ""
        }
        return .map(members)
    },
    "get": exactly(2) { (call) throws(ValueFailure) in try call.goMap(0)[try call.goText(1)] ?? "" },
    "set": exactly(3) { (call) throws(ValueFailure) in
        var members = try call.goMap(0)
        members[try call.goText(1)] = call[2]
        return .map(members)
    },
    "unset": exactly(2) { (call) throws(ValueFailure) in
        var members = try call.goMap(0)
        members[try call.goText(1)] = nil
        return .map(members)
    },
    "hasKey": exactly(2) { (call) throws(ValueFailure) in .bool(try call.goMap(0)[try call.goText(1)] != nil) },
    "pluck": atLeast(1) { (call) throws(ValueFailure) in
        let key = try call.goText(0)
        var found: [Value] = []
        for index in 1..<max(1, call.count) {
            if let value = try call.goMap(index)[key] { found.append(value) }
        }
        return .array(found)
    },
    "keys": atLeast(0) { (call) throws(ValueFailure) in
        var keys: [Value] = []
        for index in 0..<call.count { keys += try call.goMap(index).keys.sorted(by: goLess).map(Value.string) }
        return .array(keys)
    },
    "values": exactly(1) { (call) throws(ValueFailure) in
        .array(try call.goMap(0).sorted { goLess($0.key, $1.key) }.map(\.value))
    },
    "pick": atLeast(1) { (call) throws(ValueFailure) in
        let names = try texts(call, from: 1)
        return .map(try call.goMap(0).filter { names.contains($0.key) })
    },
    "omit": atLeast(1) { (call) throws(ValueFailure) in
        let names = try texts(call, from: 1)
        return .map(try call.goMap(0).filter { !names.contains($0.key) })
    },
    "merge": atLeast(1) { (call) throws(ValueFailure) in try merge(call, overwriting: false) },
    "mustMerge": atLeast(1) { (call) throws(ValueFailure) in try merge(call, overwriting: false) },
    "mergeOverwrite": atLeast(1) { (call) throws(ValueFailure) in try merge(call, overwriting: true) },
    "mustMergeOverwrite": atLeast(1) { (call) throws(ValueFailure) in try merge(call, overwriting: true) },
    "dig": atLeast(0) { (call) throws(ValueFailure) in
        guard call.count >= 3 else { throw ValueFailure("dig needs at least three arguments") }
        var current = call[call.count - 1]
        for index in 0..<(call.count - 2) {
            guard case .map(let members) = current else {
                throw ValueFailure(conversionFailure(current, to: "map[string]interface {}"))
            }
            guard let next = members[try call.text(index)] else { return call[call.count - 2] }
            current = next
        }
        return current
    },
]

private func texts(_ call: FunctionCall, from start: Int) throws(ValueFailure) -> Set<String> {
    var names: Set<String> = []
    for index in start..<max(start, call.count) { names.insert(try call.goText(index)) }
    return names
}

private func merge(_ call: FunctionCall, overwriting: Bool) throws(ValueFailure) -> Value {
    var result = try call.goMap(0)
    for index in 1..<max(1, call.count) {
        result = merged(result, try call.goMap(index), overwriting: overwriting)
    }
    return .map(result)
}

/// Fills what is missing or empty from the source; overwriting, what the source has wins unless it is empty.
private func merged(_ target: [String: Value], _ source: [String: Value], overwriting: Bool) -> [String: Value] {
    var result = target
    for (name, value) in source {
        if case .map(let inner) = value, case .map(let outer)? = result[name] {
            result[name] = .map(merged(outer, inner, overwriting: overwriting))
        } else if overwriting ? !isSprigEmpty(value) : isSprigEmpty(result[name] ?? .null) {
            result[name] = value
        } else if result[name] == nil {
            result[name] = value
        }
    }
    return result
}
