import OrderedCollections

/// The functions of sprig, found under the variable `sprig`.
///
/// Those that need secrets, certificates or the network are errors that say so; those that need the time or random
/// numbers take them from the context. Values are never changed in place: `set` and its like give a new map.
enum SprigFunctions {
    static let table: [String: NativeFunction] = {
        var functions: [String: NativeFunction] = [:]
        for part in [
            sprigStrings, sprigCases, sprigNumbers, sprigDefaults, sprigLists, sprigMaps, sprigPatterns, sprigEncodings,
            sprigTimes, sprigRandom, sprigPaths, sprigVersions,
        ] {
            functions.merge(part) { first, _ in first }
        }
        for name in unsupported { functions[name] = refusal(of: name) }
        return functions
    }()

    private static func refusal(of name: String) -> NativeFunction {
        let failure = ValueFailure(
            "sprig.\(name) is not supported: expressions have no secrets and no network; use a script step")
        @Sendable func refuse(_ call: inout FunctionCall) throws(ValueFailure) -> Value { throw failure }
        return refuse
    }

    private static let unsupported = [
        "bcrypt", "htpasswd", "genPrivateKey", "derivePassword", "buildCustomCert", "genCA", "genCAWithKey",
        "genSelfSignedCert", "genSelfSignedCertWithKey", "genSignedCert", "genSignedCertWithKey", "encryptAES",
        "decryptAES", "getHostByName",
    ]
}

/// A function with as many arguments as it says.
func exactly(_ count: Int, _ body: @escaping NativeFunction) -> NativeFunction {
    { (call) throws(ValueFailure) in
        guard call.count == count else {
            throw ValueFailure("invalid number of arguments: expected \(count), got \(call.count)")
        }
        return try body(&call)
    }
}

/// A function with at least as many arguments as it says.
func atLeast(_ count: Int, _ body: @escaping NativeFunction) -> NativeFunction {
    { (call) throws(ValueFailure) in
        guard call.count >= count else {
            throw ValueFailure("invalid number of arguments: expected at least \(count), got \(call.count)")
        }
        return try body(&call)
    }
}

extension FunctionCall {
    private func misfit(_ index: Int, _ type: String) -> ValueFailure {
        ValueFailure("reflect: Call using \(self[index].goType) as type \(type)")
    }

    /// An argument of a Go parameter of type string; nil is the empty one.
    func goText(_ index: Int) throws(ValueFailure) -> String {
        if self[index].isNull { return "" }
        guard case .string(let text) = self[index] else { throw self.misfit(index, "string") }
        return text
    }

    /// An argument of a Go parameter of type int; nil is zero.
    func goInteger(_ index: Int) throws(ValueFailure) -> Int {
        if self[index].isNull { return 0 }
        guard case .int(let number) = self[index] else { throw self.misfit(index, "int") }
        return number
    }

    func goBool(_ index: Int) throws(ValueFailure) -> Bool {
        if self[index].isNull { return false }
        guard case .bool(let truth) = self[index] else { throw self.misfit(index, "bool") }
        return truth
    }

    /// An argument of a Go parameter of type map; nil is the empty one.
    func goMap(_ index: Int) throws(ValueFailure) -> [String: Value] {
        if self[index].isNull { return [:] }
        guard case .map(let members) = self[index] else { throw self.misfit(index, "map[string]interface {}") }
        return members
    }

    func goTime(_ index: Int) throws(ValueFailure) -> Instant {
        guard case .time(let instant) = self[index] else { throw self.misfit(index, "time.Time") }
        return instant
    }

    /// The elements of an argument that must be a list.
    func goList(_ index: Int, _ verb: String) throws(ValueFailure) -> [Value] {
        guard let elements = self[index].elements else {
            throw ValueFailure("Cannot \(verb) type \(self[index].goKind)")
        }
        return elements
    }
}

/// A value as sprig turns it into a string.
func sprigText(_ value: Value) -> String {
    if case .bytes(let bytes) = value { return String(decoding: bytes, as: UTF8.self) }
    return value.formatted
}

/// A value as sprig turns it into an integer: what is none is zero.
func sprigInteger(_ value: Value) -> Int {
    switch value {
    case .int(let number), .duration(let number): return number
    case .float(let number): return goInt(number)
    case .bool(let truth): return truth ? 1 : 0
    case .string(let text):
        var digits = text
        if let point = digits.firstIndex(of: "."), digits[digits.index(after: point)...].allSatisfy({ $0 == "0" }) {
            digits = String(digits[..<point])
        }
        return goParseInteger(digits) ?? 0
    case .null, .bytes, .array, .map, .table, .time, .zone, .function: return 0
    }
}

/// An integer in Go's notation, with its prefixes for other bases.
private func goParseInteger(_ text: String) -> Int? {
    let isNegative = text.hasPrefix("-")
    let magnitude = text.hasPrefix("-") || text.hasPrefix("+") ? String(text.dropFirst()) : text
    guard let first = magnitude.unicodeScalars.first, isDigit(first) else { return nil }
    let lowered = magnitude.lowercased()
    let digits = lowered.split(separator: "_").joined()
    var value: Int?
    if digits.hasPrefix("0x") {
        value = Int(digits.dropFirst(2), radix: 16)
    } else if digits.hasPrefix("0b") {
        value = Int(digits.dropFirst(2), radix: 2)
    } else if digits.hasPrefix("0o") {
        value = Int(digits.dropFirst(2), radix: 8)
    } else if digits.hasPrefix("0"), digits.count > 1 {
        value = Int(digits.dropFirst(), radix: 8)
    } else {
        value = Int(digits)
    }
    return value.map { isNegative ? -$0 : $0 }
}

/// A value as sprig turns it into a float: what is none is zero.
func sprigFloat(_ value: Value) -> Double {
    if case .string(let text) = value { return goParseFloat(text) ?? 0 }
    return value.doubleValue ?? Double(sprigInteger(value))
}

/// Whether a value is the empty one of its kind.
func isSprigEmpty(_ value: Value) -> Bool {
    switch value {
    case .null: true
    case .bool(let truth): !truth
    case .int(let number), .duration(let number): number == 0
    case .float(let number): number == 0
    case .string(let text): text.isEmpty
    case .bytes(let bytes): bytes.isEmpty
    case .array(let elements): elements.isEmpty
    case .map(let members): members.isEmpty
    case .table(let members): members.isEmpty
    case .time, .zone, .function: false
    }
}
