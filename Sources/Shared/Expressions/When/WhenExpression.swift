/// The condition of a step, a task, a metric or a cron workflow.
///
/// It is written in the language of govaluate, where Argo takes bare words for strings: `heads == heads` is true.
package enum WhenExpression {
    /// The truth of a condition whose tags have been replaced; an empty one holds.
    ///
    /// - Throws: `ExpressionFailure` with Argo's words.
    package static func holds(_ text: String) throws(ExpressionFailure) -> Bool {
        do throws(TextFault) {
            return try self.truth(of: text, naming: text)
        } catch {
            throw ExpressionFailure(error.message)
        }
    }

    /// What is wrong with a condition before it is run, in Argo's words and with its place in the text.
    ///
    /// Tags may stand for anything: a condition that has some is refused only where no value could make it one.
    package static func problem(in text: String) -> ExpressionError? {
        let fault = TagStandIns.fault(in: text) { form, isText in
            do throws(TextFault) {
                if isText { _ = try self.truth(of: form, naming: text) } else { _ = try self.parse(form, naming: text) }
                return nil
            } catch {
                return error
            }
        }
        return fault.map { ExpressionError(trimmed($0.message, where: isGoSpace), at: $0.offset, in: text) }
    }

    private static func truth(of text: String, naming name: String) throws(TextFault) -> Bool {
        if text.isEmpty { return true }
        let root = try self.parse(text, naming: name)
        let result: Value
        do throws(ValueFailure) {
            result = try WhenEvaluator.evaluate(root)
        } catch {
            // The misspelling is Argo's, and programs look for it.
            throw TextFault("Failed to evaluate 'when' expresion '\(name)': \(error.message)", at: 0)
        }
        guard case .bool(let truth) = result else {
            throw TextFault("Expected boolean evaluation for '\(name)'. Got \(result.formatted)", at: 0)
        }
        return truth
    }

    /// The tree of a text that messages show as `name`.
    private static func parse(_ text: String, naming name: String) throws(TextFault) -> WhenNode? {
        var tokens: [WhenToken]
        do throws(TextFault) {
            tokens = try WhenParser.checked(try WhenLexer.tokens(of: text))
        } catch {
            let hint =
                error.message.containsBytes("Invalid token")
                ? " (hint: try wrapping the affected expression in quotes (\"))" : ""
            throw TextFault("Invalid 'when' expression '\(name)': \(error.message)\(hint)", at: error.offset)
        }
        for index in tokens.indices where tokens[index].kind == .variable { tokens[index].kind = .string }
        do throws(TextFault) {
            return try WhenParser.parse(try WhenParser.checked(tokens))
        } catch {
            throw TextFault("Failed to parse 'when' expression '\(name)': \(error.message)", at: error.offset)
        }
    }
}

/// Evaluates the tree of a `when` expression.
enum WhenEvaluator {
    static func evaluate(_ node: WhenNode?) throws(ValueFailure) -> Value {
        switch node {
        case nil: return .null
        case .literal(let value): return value
        case .pattern(let pattern): return .string(pattern.source)
        case .accessor(let name):
            throw ValueFailure("No parameter '\(split(name, ".").first ?? name)' found.")
        case .clause(let inside): return try self.evaluate(inside)
        case .prefix(let sign, let operand): return try self.prefix(sign, try self.evaluate(operand))
        case .binary(let sign, let left, let right): return try self.binary(sign, left, right)
        }
    }

    private static func prefix(_ sign: String, _ value: Value) throws(ValueFailure) -> Value {
        switch (sign, value) {
        case ("!", .bool(let truth)): return .bool(!truth)
        case ("-", .float(let number)): return .float(-number)
        case ("~", .float(let number)): return .float(Double(~goInt(number)))
        default: throw ValueFailure("Value '\(value.formatted)' cannot be used with the prefix '\(sign)'")
        }
    }

    private static func binary(_ sign: String, _ leftNode: WhenNode?, _ rightNode: WhenNode?) throws(ValueFailure)
        -> Value
    {
        let left = try self.evaluate(leftNode)
        switch sign {
        case "&&", "||":
            if left == .bool(sign == "||") { return left }
            let right = try self.evaluate(rightNode)
            guard case .bool = left else { throw self.misfit(left, "logical operator", sign, "a bool") }
            guard case .bool = right else { throw self.misfit(right, "logical operator", sign, "a bool") }
            return right
        case "?":
            guard case .bool(let truth) = left else { throw self.misfit(left, "ternary operator", sign, "a bool") }
            return truth ? try self.evaluate(rightNode) : .null
        case ":", "??": return left.isNull ? try self.evaluate(rightNode) : left
        case "=~", "!~": return .bool(try self.matches(left, rightNode, sign) == (sign == "=~"))
        default: return try self.combine(sign, left, try self.evaluate(rightNode), isList: self.isList(leftNode))
        }
    }

    private static func isList(_ node: WhenNode?) -> Bool {
        if case .binary(",", _, _) = node { return true }
        return false
    }

    private static func misfit(_ value: Value, _ role: String, _ sign: String, _ wanted: String) -> ValueFailure {
        ValueFailure("Value '\(value.formatted)' cannot be used with the \(role) '\(sign)', it is not \(wanted)")
    }

    private static func matches(_ left: Value, _ rightNode: WhenNode?, _ sign: String) throws(ValueFailure) -> Bool {
        guard case .string(let text) = left else { throw self.misfit(left, "comparator", sign, "a number") }
        if case .pattern(let pattern) = rightNode { return try Operators.matches(text, pattern) }
        let right = try self.evaluate(rightNode)
        guard case .string(let source) = right else { throw self.misfit(right, "comparator", sign, "a number") }
        let pattern: Pattern
        do throws(PatternError) {
            pattern = try Pattern(source)
        } catch {
            throw ValueFailure("Unable to compile regexp pattern '\(source)': \(error)")
        }
        return try Operators.matches(text, pattern)
    }

    private static func combine(
        _ sign: String, _ left: Value, _ right: Value, isList: Bool
    ) throws(ValueFailure) -> Value {
        switch sign {
        case ",":
            if isList, case .array(let elements) = left { return .array(elements + [right]) }
            return .array([left, right])
        case "==": return .bool(left == right)
        case "!=": return .bool(left != right)
        case "in":
            guard case .array(let elements) = right else { throw self.misfit(right, "comparator", sign, "a number") }
            return .bool(elements.contains(left))
        case "<", "<=", ">", ">=": return .bool(try self.compare(sign, left, right))
        case "+":
            if case .float(let first) = left, case .float(let second) = right { return .float(first + second) }
            guard left.stringValue != nil || right.stringValue != nil else {
                throw self.misfit(left, "modifier", sign, "a number")
            }
            return .string(left.formatted + right.formatted)
        default:
            guard case .float(let first) = left else { throw self.misfit(left, "modifier", sign, "a number") }
            guard case .float(let second) = right else { throw self.misfit(right, "modifier", sign, "a number") }
            return .float(self.calculate(sign, first, second))
        }
    }

    private static func compare(_ sign: String, _ left: Value, _ right: Value) throws(ValueFailure) -> Bool {
        switch (left, right) {
        case (.float(let first), .float(let second)):
            switch sign {
            case "<": return first < second
            case "<=": return first <= second
            case ">": return first > second
            default: return first >= second
            }
        case (.string(let first), .string(let second)):
            switch sign {
            case "<": return goLess(first, second)
            case "<=": return !goLess(second, first)
            case ">": return goLess(second, first)
            default: return !goLess(first, second)
            }
        default: throw self.misfit(left, "comparator", sign, "a number")
        }
    }

    private static func calculate(_ sign: String, _ left: Double, _ right: Double) -> Double {
        switch sign {
        case "-": left - right
        case "*": left * right
        case "/": left / right
        case "%": left.truncatingRemainder(dividingBy: right)
        case "**": power(left, right)
        case "&": Double(goInt(left) & goInt(right))
        case "|": Double(goInt(left) | goInt(right))
        case "^": Double(goInt(left) ^ goInt(right))
        case "<<": Double(UInt(bitPattern: goInt(left)) << UInt(bitPattern: goInt(right)))
        default: Double(UInt(bitPattern: goInt(left)) >> UInt(bitPattern: goInt(right)))
        }
    }
}
