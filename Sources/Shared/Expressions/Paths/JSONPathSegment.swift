/// A step of a JSONPath.
enum JSONPathSegment {
    case root
    case current
    case wildcard
    case recursive
    case length
    case key(String)
    case index(Int)
    case range(from: JSONPathBound?, to: JSONPathBound?, step: JSONPathBound?)
    case union([JSONPathBound])
    case filter(JSONPathCondition)
    case script(JSONPathCondition)

    var name: String {
        switch self {
        case .root: "root"
        case .current: "current"
        case .wildcard: "wildcard"
        case .recursive: "recursive"
        case .length: "length"
        case .key: "key"
        case .index: "index"
        case .range: "range"
        case .union: "union"
        case .filter: "filter"
        case .script: "script"
        }
    }
}

/// A place that a step names: a number, a key, or something to work out.
enum JSONPathBound {
    case number(Int)
    case key(String)
    case script(JSONPathCondition)
}

/// An expression in a JSONPath, about the element at hand (`@`) and the document (`$`).
struct JSONPathCondition {
    let expression: Expression
    /// The paths in it, each under the name of a variable.
    let paths: [(name: String, path: JSONPath)]

    /// How deep paths may nest in expressions of paths.
    private static let depthMax = 8

    init(_ source: String, depth: Int) throws(ValueFailure) {
        guard depth < Self.depthMax else { throw ValueFailure("invalid expression. nests too deeply") }
        var text = ""
        var paths: [(name: String, path: JSONPath)] = []
        var rest = Array(source.unicodeScalars)[...]
        while let scalar = rest.first {
            if scalar == "'" || scalar == "\"" {
                text += Self.quoted(&rest)
            } else if scalar == "@" || scalar == "$" {
                let name = "path\(paths.count)"
                paths.append((name, try JSONPath(Self.path(&rest), depth: depth + 1)))
                text += name
            } else if scalar == "=", rest.dropFirst().first == "~" {
                rest = rest.dropFirst(2)
                text += " matches "
                text += Self.slashed(&rest)
            } else {
                rest = rest.dropFirst()
                text.unicodeScalars.append(scalar)
            }
        }
        do throws(ExpressionError) {
            self.expression = try Expression(text)
        } catch {
            throw ValueFailure("invalid expression. \(error.message)")
        }
        self.paths = paths
    }

    /// Reads a string, quotes and all.
    private static func quoted(_ rest: inout ArraySlice<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        let quote = rest.removeFirst()
        text.append(quote)
        while let scalar = rest.popFirst() {
            text.append(scalar)
            if scalar == quote { break }
        }
        return String(text)
    }

    /// Reads a pattern between slashes, with its flags, into a string; anything else is left alone.
    private static func slashed(_ rest: inout ArraySlice<Unicode.Scalar>) -> String {
        rest = rest.drop(while: isGoSpace)
        guard rest.first == "/", let close = rest.dropFirst().firstIndex(of: "/") else { return "" }
        var pattern = String.UnicodeScalarView()
        pattern.append(contentsOf: rest[(rest.startIndex + 1)..<close])
        rest = rest[(close + 1)...]
        let flags = rest.prefix(while: isAlphabetic)
        rest = rest.dropFirst(flags.count)
        return goQuoted((flags.isEmpty ? "" : "(?\(flags.map(String.init).joined()))") + String(pattern))
    }

    private static func path(_ rest: inout ArraySlice<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        text.append(rest.removeFirst())
        var open = 0
        while let scalar = rest.first {
            if open == 0, !isAlphanumeric(scalar), !".[*".unicodeScalars.contains(scalar) { break }
            if scalar == "'" || scalar == "\"" {
                text.append(contentsOf: Self.quoted(&rest).unicodeScalars)
                continue
            }
            if scalar == "[" { open += 1 }
            if scalar == "]" { open -= 1 }
            text.append(scalar)
            rest.removeFirst()
        }
        return String(text)
    }

    /// The result for an element; a path that leads nowhere is nil, and so is an expression that fails.
    func result(root: Value, current: Value, steps: inout Int) -> Value {
        var variables: [String: Value] = ["null": .null]
        for (name, path) in self.paths {
            do throws(ValueFailure) {
                variables[name] = try path.query(root: root, current: current, steps: &steps)
            } catch {
                // What is not there is nil, as the library has it.
                variables[name] = .null
            }
        }
        do throws(ExpressionError) {
            return try self.expression.evaluateUnchecked(variables, ExpressionContext())
        } catch {
            // An element that the expression cannot be asked of does not pass.
            return .null
        }
    }
}
