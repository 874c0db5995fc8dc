import Expressions
import JSON
import Model
import OrderedCollections

/// Expressions that cannot be read fail the moment they are needed; they are refused before that.
///
/// Each issue names the field, the text, and the place in the text.
struct ExpressionRules {
    private var issues: [ValidationIssue] = []

    static func issues(of spec: WorkflowSpec) -> [ValidationIssue] {
        var rules = ExpressionRules()
        rules.check(spec.hooks, at: "hooks")
        rules.check(spec.metrics, at: "metrics")
        rules.check(spec.retryStrategy?.expression, at: "retryStrategy.expression")
        for (name, label) in spec.workflowMetadata?.labelsFrom ?? [:] {
            rules.check(label.expression, at: "workflowMetadata.labelsFrom.\(name).expression")
        }
        if let defaults = spec.templateDefaults { rules.check(defaults, at: "templateDefaults") }
        for template in spec.templates { rules.check(template, at: "templates.\(template.name)") }
        return rules.issues
    }

    static func issues(of spec: CronWorkflowSpec) -> [ValidationIssue] {
        var rules = ExpressionRules()
        rules.checkWhen(spec.when, at: "spec")
        rules.checkTags(in: .string(spec.when ?? ""), at: "spec.when")
        rules.check(spec.stopStrategy?.expression, at: "stopStrategy.expression")
        return rules.issues
    }

    /// A selector is evaluated for each event: one that is missing or malformed would never take any.
    static func issues(of event: EventBindingSelector) -> [ValidationIssue] {
        guard !event.selector.isEmpty else {
            return [
                ValidationIssue(
                    "spec.event.selector is required: an expression over payload, metadata and discriminator, "
                        + "such as 'payload.message != \"\"'")
            ]
        }
        var rules = ExpressionRules()
        rules.check(event.selector, at: "spec.event.selector")
        return rules.issues
    }

    private mutating func check(_ template: Template, at place: String) {
        self.checkTags(in: template.json(.compact), at: place)
        self.check(template.retryStrategy?.expression, at: "\(place).retryStrategy.expression")
        self.check(template.metrics, at: "\(place).metrics")
        for parameter in template.outputs.parameters {
            self.check(
                parameter.valueFrom?.expression,
                at: "\(place).outputs.parameters.\(parameter.name).valueFrom.expression")
        }
        for artifact in template.outputs.artifacts {
            self.check(artifact.fromExpression, at: "\(place).outputs.artifacts.\(artifact.name).fromExpression")
        }
        for (index, group) in template.steps.enumerated() {
            for step in group {
                let place = "\(place).steps[\(index)].\(step.name)"
                self.checkWhen(step.when, at: place)
                self.check(step.hooks, at: "\(place).hooks")
                self.check(step.arguments, at: "\(place).arguments")
                if let inline = step.inline { self.check(inline, at: "\(place).inline") }
            }
        }
        for task in template.dag?.tasks ?? [] {
            let place = "\(place).tasks.\(task.name)"
            self.checkWhen(task.when, at: place)
            self.checkDepends(task.depends, at: place)
            self.check(task.hooks, at: "\(place).hooks")
            self.check(task.arguments, at: "\(place).arguments")
            if let inline = task.inline { self.check(inline, at: "\(place).inline") }
        }
    }

    private mutating func check(_ arguments: Arguments, at place: String) {
        for artifact in arguments.artifacts {
            self.check(artifact.fromExpression, at: "\(place).artifacts.\(artifact.name).fromExpression")
        }
    }

    private mutating func check(_ hooks: OrderedDictionary<String, LifecycleHook>, at place: String) {
        for (name, hook) in hooks { self.check(hook.expression, at: "\(place).\(name).expression") }
    }

    private mutating func check(_ metrics: Metrics?, at place: String) {
        for metric in metrics?.prometheus ?? [] { self.checkWhen(metric.when, at: "\(place).\(metric.name)") }
    }

    private mutating func check(_ expression: String?, at place: String) {
        guard let expression, let problem = Expression.problem(in: expression) else { return }
        self.addMalformed(expression, problem, at: place)
    }

    private mutating func checkWhen(_ condition: String?, at place: String) {
        guard let condition, let problem = WhenExpression.problem(in: condition) else { return }
        self.issues.append(ValidationIssue("\(place).when: \(problem.message) \(Self.place(of: problem))"))
    }

    private mutating func checkDepends(_ depends: String?, at place: String) {
        guard let depends, !TagScanner.hasTag(depends) else { return }
        if let problem = DependsExpression.syntaxProblem(in: depends) {
            let text = "\(place).depends: invalid depends '\(depends)': \(problem.message) \(Self.place(of: problem))"
            return self.issues.append(ValidationIssue(text))
        }
        do {
            _ = try DependsExpression(depends)
        } catch {
            self.issues.append(ValidationIssue("\(place).depends: \(error)"))
        }
    }

    /// `{{=…}}` in any text; elements of a list that have a name are called by it.
    private mutating func checkTags(in json: JSONValue, at place: String) {
        switch json {
        case .string(let text):
            guard TagScanner.hasTag(text) else { return }
            for tag in TemplateText(text).expressions {
                guard let failure = tag.failure, !TagScanner.hasTag(tag.source) else { continue }
                self.addMalformed(tag.source, failure, at: place)
            }
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                let name = element["name"]?.stringValue ?? ""
                self.checkTags(in: element, at: name.isEmpty ? "\(place)[\(index)]" : "\(place).\(name)")
            }
        case .object(let members):
            for (name, value) in members { self.checkTags(in: value, at: "\(place).\(name)") }
        case .null, .bool, .integer, .double: break
        }
    }

    private mutating func addMalformed(_ text: String, _ problem: ExpressionError, at place: String) {
        self.issues.append(
            ValidationIssue(
                "\(place): expression \"\(text)\" is malformed: \(problem.message) \(Self.place(of: problem))"))
    }

    private static func place(of problem: ExpressionError) -> String {
        "(line \(problem.line), column \(problem.column))"
    }
}
