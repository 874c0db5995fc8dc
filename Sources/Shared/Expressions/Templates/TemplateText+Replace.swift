package import JSON
import OrderedCollections

extension TemplateText {
    /// The text with its tags replaced.
    ///
    /// `unresolved` says what becomes of tags whose variables the scope does not have, and `context` what expressions
    /// may know besides.
    ///
    /// - Throws: `TemplateError` with Argo's words.
    package func replaced(
        in scope: Scope, unresolved: UnresolvedPolicy, context: ExpressionContext = ExpressionContext()
    ) throws(TemplateError) -> String {
        // One tag and nothing else is what most texts are.
        if self.segments.count == 1 {
            switch self.segments[0] {
            case .literal(let text): return text
            case .tag(let tag): return try Self.value(of: tag, in: scope, unresolved)
            case .expression(let tag): return try tag.value(in: scope, unresolved, context)
            }
        }
        var result = ""
        for segment in self.segments {
            switch segment {
            case .literal(let text): result += text
            case .tag(let tag): result += try Self.value(of: tag, in: scope, unresolved)
            case .expression(let tag): result += try tag.value(in: scope, unresolved, context)
            }
        }
        return result
    }

    private static func value(
        of tag: String, in scope: Scope, _ unresolved: UnresolvedPolicy
    ) throws(TemplateError) -> String {
        let isTight = tag.utf8.first != 0x20 && tag.utf8.last != 0x20
        let name = isTight ? tag : trimmed(tag, where: isGoSpace)
        guard let value = scope[name] ?? (isTight ? scope[trimmed(tag, where: isGoSpace)] : nil) else {
            return try self.unresolvedValue(of: tag, in: scope, unresolved)
        }
        switch value {
        case .string(let text): return text
        case .null:
            throw TemplateError(
                .absent,
                "unable to substitute {{\(tag)}}: output is an absent optional (skipped/omitted node with no default)")
        case .bool, .int, .float, .bytes, .array, .map, .table, .time, .duration, .zone, .function:
            throw TemplateError(.failed, "failed to resolve {{\(tag)}} to string")
        }
    }

    private static func unresolvedValue(
        of tag: String, in scope: Scope, _ unresolved: UnresolvedPolicy
    ) throws(TemplateError) -> String {
        if let (prefix, name) = self.nested(tag), let value = scope[name] {
            switch value {
            case .string(let text): return "{{\(prefix)\(text)"
            case .null:
                throw TemplateError(
                    .absent, "unable to substitute nested tag {{\(tag)}}: \(goQuoted(name)) is an absent optional")
            case .bool, .int, .float, .bytes, .array, .map, .table, .time, .duration, .zone, .function: break
            }
        }
        guard !unresolved.refusesTag(trimmed(tag, where: isGoSpace)) else {
            throw TemplateError(.missing, "failed to resolve {{\(tag)}}")
        }
        return "{{\(tag)}}"
    }

    /// Replaces the tags of every string in a document, keys of objects included, as Argo does with whole templates.
    package static func replaced(
        in document: JSONValue, scope: Scope, unresolved: UnresolvedPolicy,
        context: ExpressionContext = ExpressionContext()
    ) throws(TemplateError) -> JSONValue {
        switch document {
        case .string(let text): return .string(try self.replaced(text, scope, unresolved, context))
        case .array(let elements):
            var result: [JSONValue] = []
            result.reserveCapacity(elements.count)
            for element in elements {
                result.append(try self.replaced(in: element, scope: scope, unresolved: unresolved, context: context))
            }
            return .array(result)
        case .object(let members):
            var result = JSONObject()
            result.reserveCapacity(members.count)
            for (name, value) in members {
                let key = try self.replaced(name, scope, unresolved, context)
                result[key] = try self.replaced(in: value, scope: scope, unresolved: unresolved, context: context)
            }
            return .object(result)
        case .null, .bool, .integer, .double: return document
        }
    }

    /// Replaces the tags of one string; without any it is handed back as it is, unparsed.
    package static func replaced(
        _ text: String, _ scope: Scope, _ unresolved: UnresolvedPolicy,
        _ context: ExpressionContext = ExpressionContext()
    ) throws(TemplateError) -> String {
        guard text.containsBytes("{{") else { return text }
        return try TemplateText(text).replaced(in: scope, unresolved: unresolved, context: context)
    }
}

extension ExpressionTag {
    /// Variables that get their value late: an expression that needs one of them waits for it.
    private static let lateNames: Set<String> = [
        "item", "retries", "lastRetry.exitCode", "lastRetry.status", "lastRetry.duration", "lastRetry.message",
        "workflow.status", "workflow.failures",
    ]

    func value(
        in scope: Scope, _ unresolved: UnresolvedPolicy, _ context: ExpressionContext
    ) throws(TemplateError) -> String {
        let kept = "{{=\(self.source)}}"
        guard let expression = self.expression else {
            throw TemplateError(
                .failed, "failed to evaluate expression: \(self.failure?.description ?? "no expression")")
        }
        let variables = scope.environment(reading: expression.readPaths)
        let missing = expression.requiredNames.filter { !Self.has($0, in: variables) }
        if let refused = missing.first(where: unresolved.refuses) {
            throw TemplateError(.missing, "failed to evaluate expression: \(refused) is missing")
        }
        let mayStay = !missing.isEmpty || unresolved == .allowed
        if mayStay, missing.contains(where: Self.lateNames.contains) { return kept }
        let result: Value
        do throws(ExpressionError) {
            result = try expression.evaluate(variables, context)
        } catch {
            if mayStay || variables.values.contains(where: Placeholder.isIn) { return kept }
            throw TemplateError(.failed, "failed to evaluate expression: \(error)")
        }
        guard !result.isNull else {
            if mayStay || variables.values.contains(where: Placeholder.isIn) { return kept }
            throw TemplateError(.failed, "failed to evaluate expression \(goQuoted(self.source))")
        }
        do throws(ValueFailure) {
            return try result.tagText()
        } catch {
            if mayStay { return kept }
            throw TemplateError(.failed, "failed to marshal evaluated expression: \(error.message)")
        }
    }

    /// Whether a variable or a path of members is there; an absent output is.
    private static func has(_ path: String, in variables: [String: Value]) -> Bool {
        if variables[path] != nil || ArgoFunctions.environment[path] != nil { return true }
        var parts = split(path, ".")[...]
        guard let root = parts.popFirst(), var current = variables[root] ?? ArgoFunctions.environment[root] else {
            return false
        }
        for part in parts {
            guard case .map(let members) = current, let next = members[part] else { return false }
            current = next
        }
        return true
    }
}

extension Value {
    /// The text that a result becomes where its tag stood: a string as it is, anything else as JSON.
    package func tagText() throws(ValueFailure) -> String {
        switch self {
        case .string(let text): return text
        case .time, .bytes:
            guard case .string(let text) = try self.json() else { return self.formatted }
            return text
        case .null, .bool, .int, .float, .array, .map, .table, .duration, .zone, .function:
            return try self.jsonText()
        }
    }
}
