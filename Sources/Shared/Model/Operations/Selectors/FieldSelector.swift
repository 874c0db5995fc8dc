/// Which objects or nodes are meant, by the values of named fields: `displayName=approve,phase!=Failed`.
///
/// A comma, an equals sign or a backslash within a value is written with a backslash before it. A field that an object
/// does not have counts as empty.
package struct FieldSelector: Hashable, Sendable {
    package struct Term: Hashable, Sendable {
        package var field: String
        package var value: String
        package var isNegated: Bool
    }

    package var terms: [Term]

    /// - Throws: `OperationError`, which names the part that cannot be read and where it begins.
    package init(_ text: String) throws(OperationError) {
        self.terms = []
        for part in Self.parts(of: text) where !part.isEmpty {
            self.terms.append(try Self.term(part, of: text))
        }
    }

    /// - Parameter value: the value of a field; empty where there is none.
    package func matches(_ value: (String) -> String) -> Bool {
        self.terms.allSatisfy { (value($0.field) == $0.value) != $0.isNegated }
    }

    private static func parts(of text: String) -> [Substring] {
        var parts: [Substring] = []
        var start = text.startIndex
        var isEscaped = false
        for index in text.indices {
            if isEscaped {
                isEscaped = false
            } else if text[index] == "\\" {
                isEscaped = true
            } else if text[index] == "," {
                parts.append(text[start..<index])
                start = text.index(after: index)
            }
        }
        return parts + [text[start...]]
    }

    private static func term(_ part: Substring, of text: String) throws(OperationError) -> Term {
        for index in part.indices {
            for (mark, isNegated) in [("!=", true), ("==", false), ("=", false)] where part[index...].hasPrefix(mark) {
                let value = part[index...].dropFirst(mark.count)
                return Term(
                    field: String(part[..<index]), value: try self.unescaped(value, of: text), isNegated: isNegated)
            }
        }
        throw OperationError(
            "invalid selector: '\(text)'; can't understand '\(part)'"
                + " at character \(text.distance(from: text.startIndex, to: part.startIndex) + 1)")
    }

    private static func unescaped(_ value: Substring, of text: String) throws(OperationError) -> String {
        var output = ""
        var rest = value
        while let first = rest.popFirst() {
            guard first == "\\" else {
                guard first != "=" else {
                    throw OperationError(
                        "invalid selector: '\(text)'; '=' within the value '\(value)' needs a backslash before it")
                }
                output.append(first)
                continue
            }
            guard let escaped = rest.popFirst(), ["\\", ",", "="].contains(escaped) else {
                throw OperationError(
                    "invalid selector: '\(text)'; a backslash in '\(value)' stands before neither ',', '=' nor '\\'")
            }
            output.append(escaped)
        }
        return output
    }
}

extension FieldSelector {
    /// Whether a node is meant.
    ///
    /// Its fields are `displayName`, `templateName`, `phase`, `name`, `id`, `templateRef.name`,
    /// `templateRef.template` and `inputs.parameters.<name>.value`.
    package func matches(_ node: NodeStatus) -> Bool {
        self.matches { field in
            switch field {
            case "displayName": node.displayName
            case "templateName": node.calledTemplate
            case "phase": node.phase.rawValue
            case "name": node.name
            case "id": node.id
            case "templateRef.name": node.templateRef?.name ?? ""
            case "templateRef.template": node.templateRef?.template ?? ""
            default: Self.inputValue(field, of: node)
            }
        }
    }

    private static func inputValue(_ field: String, of node: NodeStatus) -> String {
        let prefix = "inputs.parameters."
        let suffix = ".value"
        guard field.hasPrefix(prefix), field.hasSuffix(suffix), field.utf8.count > prefix.utf8.count + suffix.utf8.count
        else { return "" }
        let name = field.dropFirst(prefix.count).dropLast(suffix.count)
        return node.inputs?.parameters.first { $0.name == name }?.value ?? ""
    }
}

extension NodeStatus {
    /// The name of the template that the node runs, wherever it is stored.
    package var calledTemplate: String { self.templateRef?.template ?? self.templateName ?? "" }

    /// A suspend node that waits for somebody.
    package var isActiveSuspend: Bool { self.type == .suspend && self.phase == .running }
}
