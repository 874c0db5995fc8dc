import Expressions
import JSON
import Model
import OrderedCollections

/// Expressions that cannot be read fail the moment they are needed; they are refused before that.
enum ExpressionRules {
    /// A field that holds an expression, and where it is.
    private struct Source {
        var text: String
        var place: String

        init?(_ text: String?, at place: String) {
            // With tags in it, only a run knows what the expression will be.
            guard let text, !TagScanner.hasTag(text) else { return nil }
            self.text = text
            self.place = place
        }
    }

    static func issues(of spec: WorkflowSpec) -> [ValidationIssue] {
        var issues: [ValidationIssue] = []
        issues += self.hooks(spec.hooks, at: "hooks").compactMap(self.issue)
        for template in spec.templates {
            issues += self.tagIssues(in: template.json(.compact), at: "templates.\(template.name)")
            issues += self.sources(of: template).compactMap(self.issue)
            issues += self.dependsIssues(of: template)
        }
        return issues
    }

    static func issue(_ expression: String, at place: String) -> ValidationIssue? {
        Source(expression, at: place).flatMap(self.issue)
    }

    private static func issue(_ source: Source) -> ValidationIssue? {
        do {
            _ = try Expression(source.text)
            return nil
        } catch {
            return self.malformed(source.text, error, at: source.place)
        }
    }

    private static func malformed(
        _ text: String, _ error: ExpressionError, at place: String
    ) -> ValidationIssue {
        ValidationIssue(
            "\(place): expression \"\(text)\" is malformed: \(error.message) (line \(error.line), column \(error.column))"
        )
    }

    /// `{{=…}}` in any text.
    private static func tagIssues(in json: JSONValue, at place: String) -> [ValidationIssue] {
        switch json {
        case .string(let text):
            guard TagScanner.hasTag(text) else { return [] }
            return TemplateText(text).segments.compactMap { segment in
                guard case .expression(let tag) = segment, let failure = tag.failure,
                    !TagScanner.hasTag(tag.source)
                else { return nil }
                return self.malformed(tag.source, failure, at: place)
            }
        case .array(let elements): return elements.flatMap { self.tagIssues(in: $0, at: place) }
        case .object(let members): return members.values.flatMap { self.tagIssues(in: $0, at: place) }
        case .null, .bool, .integer, .double: return []
        }
    }

    private static func sources(of template: Template) -> [Source] {
        let place = "templates.\(template.name)"
        var sources: [Source?] = [Source(template.retryStrategy?.expression, at: "\(place).retryStrategy")]
        for parameter in template.outputs.parameters {
            sources.append(
                Source(parameter.valueFrom?.expression, at: "\(place).outputs.parameters.\(parameter.name).valueFrom"))
        }
        for artifact in template.outputs.artifacts {
            sources.append(Source(artifact.fromExpression, at: "\(place).outputs.artifacts.\(artifact.name)"))
        }
        for (index, group) in template.steps.enumerated() {
            for step in group { sources += self.hooks(step.hooks, at: "\(place).steps[\(index)].\(step.name).hooks") }
        }
        for task in template.dag?.tasks ?? [] {
            sources += self.hooks(task.hooks, at: "\(place).tasks.\(task.name).hooks")
        }
        return sources.compactMap { $0 }
    }

    private static func hooks(
        _ hooks: OrderedDictionary<String, LifecycleHook>, at place: String
    ) -> [Source] {
        hooks.compactMap { name, hook in Source(hook.expression, at: "\(place).\(name)") }
    }

    private static func dependsIssues(of template: Template) -> [ValidationIssue] {
        (template.dag?.tasks ?? []).compactMap { task in
            guard let depends = task.depends, !TagScanner.hasTag(depends) else { return nil }
            do {
                _ = try DependsExpression(depends)
                return nil
            } catch {
                return ValidationIssue("templates.\(template.name).tasks.\(task.name).depends: \(error)")
            }
        }
    }
}
