/// Functions of sprig on emptiness, types and JSON.
let sprigDefaults: [String: NativeFunction] = [
    "default": atLeast(1) { (call) throws(ValueFailure) in isSprigEmpty(call[1]) ? call[0] : call[1] },
    "empty": exactly(1) { (call) throws(ValueFailure) in .bool(isSprigEmpty(call[0])) },
    "coalesce": atLeast(0) { (call) throws(ValueFailure) in
        call.arguments.first { !isSprigEmpty($0) } ?? .null
    },
    "all": atLeast(0) { (call) throws(ValueFailure) in .bool(!call.arguments.contains(where: isSprigEmpty)) },
    "any": atLeast(0) { (call) throws(ValueFailure) in .bool(call.arguments.contains { !isSprigEmpty($0) }) },
    "ternary": exactly(3) { (call) throws(ValueFailure) in try call.goBool(2) ? call[0] : call[1] },
    "fromJson": exactly(1) { (call) throws(ValueFailure) in
        do throws(ValueFailure) {
            return Value(decoding: try parseJSONText(try call.goText(0)))
        } catch {
            // Sprig takes what is no JSON for nil.
            return .null
        }
    },
    "mustFromJson": exactly(1) { (call) throws(ValueFailure) in
        Value(decoding: try parseJSONText(try call.goText(0)))
    },
    "toJson": exactly(1) { (call) throws(ValueFailure) in textOrEmpty(call[0], indent: nil) },
    "mustToJson": exactly(1) { (call) throws(ValueFailure) in .string(try call[0].jsonText()) },
    "toPrettyJson": exactly(1) { (call) throws(ValueFailure) in textOrEmpty(call[0], indent: 2) },
    "mustToPrettyJson": exactly(1) { (call) throws(ValueFailure) in .string(try call[0].jsonText(indent: 2)) },
    "toRawJson": exactly(1) { (call) throws(ValueFailure) in .string(try call[0].jsonText(escapingHTML: false)) },
    "mustToRawJson": exactly(1) { (call) throws(ValueFailure) in .string(try call[0].jsonText(escapingHTML: false)) },
    "deepCopy": exactly(1) { (call) throws(ValueFailure) in call[0] },
    "mustDeepCopy": exactly(1) { (call) throws(ValueFailure) in call[0] },
    "typeOf": exactly(1) { (call) throws(ValueFailure) in .string(call[0].goType) },
    "typeIs": exactly(2) { (call) throws(ValueFailure) in .bool(try call.goText(0) == call[1].goType) },
    "typeIsLike": exactly(2) { (call) throws(ValueFailure) in
        let name = try call.goText(0)
        return .bool(name == call[1].goType || "*\(name)" == call[1].goType)
    },
    "kindOf": exactly(1) { (call) throws(ValueFailure) in .string(call[0].goKind) },
    "kindIs": exactly(2) { (call) throws(ValueFailure) in .bool(try call.goText(0) == call[1].goKind) },
    "deepEqual": exactly(2) { (call) throws(ValueFailure) in .bool(call[0] == call[1]) },
]

private func textOrEmpty(_ value: Value, indent: Int?) -> Value {
    do throws(ValueFailure) {
        return .string(try value.jsonText(indent: indent))
    } catch {
        // Sprig writes nothing for what JSON cannot say.
        return ""
    }
}
