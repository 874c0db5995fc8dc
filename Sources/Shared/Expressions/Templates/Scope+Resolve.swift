extension Scope {
    /// What a reference such as `{{steps.a.outputs.result}}` or `{{=expression}}` stands for; the braces are optional.
    ///
    /// This is how the sources of outputs are looked up: one reference and nothing around it. An absent output is
    /// `null`.
    ///
    /// - Throws: `TemplateError` with Argo's words.
    package func resolve(
        _ reference: String, _ context: ExpressionContext = ExpressionContext()
    ) throws(TemplateError) -> Value {
        let tag = trimmed(withoutSuffix(withoutPrefix(reference, "{{"), "}}"), where: isGoSpace)
        guard tag.hasPrefix("=") else {
            guard let value = self[tag] else { throw TemplateError(.missing, "Unable to resolve: \(goQuoted(tag))") }
            return value
        }
        let source = String(tag.dropFirst())
        let expression: Expression
        do throws(ExpressionError) {
            expression = try Expression(source)
        } catch {
            throw TemplateError(.failed, "Unable to compile: \(goQuoted(source))")
        }
        let value: Value
        do throws(ExpressionError) {
            value = try expression.evaluate(in: self, context)
        } catch {
            throw TemplateError(.failed, "Invalid expression: \(goQuoted(source))")
        }
        guard !value.isNull else { throw TemplateError(.failed, "Unable to resolve: \(goQuoted(tag))") }
        return value
    }
}

extension Expression {
    /// The value of the expression over a scope's variables.
    package func evaluate(
        in scope: Scope, _ context: ExpressionContext = ExpressionContext()
    ) throws(ExpressionError) -> Value {
        try self.evaluate(scope.environment(reading: self.readPaths), context)
    }

    /// The truth of a condition over a scope's variables, as hooks and retry strategies ask for it.
    ///
    /// - Throws: `ExpressionFailure` with Argo's words.
    package func condition(
        in scope: Scope, _ context: ExpressionContext = ExpressionContext()
    ) throws(ExpressionFailure) -> Bool {
        try self.condition(scope.environment(reading: self.readPaths), context)
    }
}
