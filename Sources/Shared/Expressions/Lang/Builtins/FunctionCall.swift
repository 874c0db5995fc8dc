/// A call of a function: its arguments and what it may know of the world.
struct FunctionCall {
    let arguments: [Value]
    let context: ExpressionContext
    /// The source of randomness, where the context has a seed.
    var random: SplitMix?
    /// How much memory the evaluation may still use.
    var memoryLeft = Int.max
    /// What the call costs besides, in evaluation steps.
    var cost = 0

    init(arguments: [Value], context: ExpressionContext, random: SplitMix? = nil) {
        self.arguments = arguments
        self.context = context
        self.random = random
    }

    var count: Int { self.arguments.count }

    subscript(_ index: Int) -> Value { index < self.arguments.count ? self.arguments[index] : .null }

    /// A string argument.
    func text(_ index: Int) throws(ValueFailure) -> String { try Operators.text(self[index]) }

    /// A number argument as an integer.
    func int(_ index: Int) throws(ValueFailure) -> Int { try Operators.toInt(self[index]) }

    func expect(_ counts: ClosedRange<Int>) throws(ValueFailure) {
        guard !counts.contains(self.count) else { return }
        throw ValueFailure("invalid number of arguments (expected \(counts.lowerBound), got \(self.count))")
    }

    /// Refuses a result that would not fit, before it is built.
    func reserve(_ amount: Int) throws(ValueFailure) {
        guard amount < self.memoryLeft else { throw ValueFailure("memory budget exceeded") }
    }

    /// Refuses a text of `count` pieces of some size, before it is built.
    func reserve(_ count: Int, of piece: String) throws(ValueFailure) {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: piece.utf8.count)
        guard !overflow else { throw ValueFailure("memory budget exceeded") }
        try self.reserve(bytes / 16)
    }

    func currentTime() throws(ValueFailure) -> Instant {
        guard let now = self.context.now else {
            throw ValueFailure("the current time is not known here; pass it in as a parameter")
        }
        return now
    }

    /// Draws from the seeded generator.
    mutating func draw(below bound: Int) throws(ValueFailure) -> Int {
        guard var random = self.random else {
            throw ValueFailure("random values are not available here; pass one in as a parameter")
        }
        defer { self.random = random }
        return Int.random(in: 0..<max(1, bound), using: &random)
    }
}

/// A function that expressions call.
typealias NativeFunction = @Sendable (inout FunctionCall) throws(ValueFailure) -> Value

/// The functions that Argo adds to expressions, and the variables they are found under.
enum ArgoFunctions {
    /// The variables that every expression has besides its own.
    static let environment: [String: Value] = {
        var sprig: [String: Value] = [:]
        for name in SprigFunctions.table.keys { sprig[name] = .function(FunctionName("sprig.\(name)")) }
        var variables: [String: Value] = ["sprig": .map(sprig)]
        for name in table.keys { variables[name] = .function(FunctionName(name)) }
        return variables
    }()

    static let table: [String: NativeFunction] = [
        "asInt": { (call) throws(ValueFailure) in try expectCount(call, 1, numberBuiltins["int"]) },
        "asFloat": { (call) throws(ValueFailure) in try expectCount(call, 1, numberBuiltins["float"]) },
        "toJson": { (call) throws(ValueFailure) in .string(try call[0].jsonText()) },
        "jsonpath": { (call) throws(ValueFailure) in
            try JSONPath.query(try call.text(1), in: try parseJSONText(try call.text(0)))
        },
    ]

    private static func expectCount(
        _ call: FunctionCall, _ count: Int, _ function: NativeFunction?
    ) throws(ValueFailure) -> Value {
        guard call.count == count, let function else {
            throw ValueFailure("invalid number of arguments: expected \(count), got \(call.count)")
        }
        var call = call
        return try function(&call)
    }
}

/// All functions by the names that `FunctionName` holds.
let functionsByName: [String: NativeFunction] = {
    var functions = ArgoFunctions.table
    for table in [stringBuiltins, numberBuiltins, collectionBuiltins, timeBuiltins] {
        for (name, function) in table { functions["builtin.\(name)"] = function }
    }
    for (name, function) in SprigFunctions.table { functions["sprig.\(name)"] = function }
    return functions
}()

/// The names that a call of a builtin can have, those with predicates left out.
let builtinNames: Set<String> = Set(
    [stringBuiltins, numberBuiltins, collectionBuiltins, timeBuiltins].flatMap(\.keys))
