import Expressions
import JSON
import Model
import OrderedCollections

/// A step or a DAG task: the place in a template from which another template is invoked.
struct Site: Sendable {
    let index: Int
    /// The step group it stands in; 0 for tasks.
    let group: Int
    /// As written; a DAG task in the form of a step.
    let step: WorkflowStep
    /// Without what is replaced at its own time: the condition, the hooks and the items.
    let body: TaggedObject<WorkflowStep>
    let isLoop: Bool
    /// The siblings that its texts speak of.
    let mentions: Mentions
    let hooks: [(name: String, hook: LifecycleHook)]
    /// The condition on other tasks; `nil` for steps and for tasks without dependencies.
    let depends: DependsExpression?
    /// Why the condition cannot be read.
    let dependsFailure: String?
    /// The places of the tasks it waits for.
    var dependencies: [Int] = []
    /// The places of the tasks that wait for it.
    var dependants: [Int] = []

    init(index: Int, group: Int, step: WorkflowStep, depends: DependsExpression? = nil, dependsFailure: String? = nil) {
        self.index = index
        self.group = group
        self.step = step
        var plain = step
        plain.when = nil
        plain.hooks = [:]
        plain.withItems = []
        plain.inline = nil
        self.body = TaggedObject(plain, except: ["name", "onExit"])
        self.isLoop = !step.withItems.isEmpty || step.withParam != nil || step.withSequence != nil
        var text = step
        text.inline = nil
        self.mentions = Mentions(of: text.json(.compact))
        self.hooks = step.hooks.filter { $0.key != exitHookName }.map { ($0.key, $0.value) }
        self.depends = depends
        self.dependsFailure = dependsFailure
    }

    init(index: Int, task: DAGTask, tolerance: (String) -> (error: Bool, failed: Bool)) {
        var step = WorkflowStep()
        step.name = task.name
        step.template = task.template
        step.inline = task.inline
        step.arguments = task.arguments
        step.templateRef = task.templateRef
        step.withItems = task.withItems
        step.withParam = task.withParam
        step.withSequence = task.withSequence
        step.when = task.when
        step.continueOn = task.continueOn
        step.onExit = task.onExit
        step.hooks = task.hooks
        var depends: DependsExpression?
        var failure: String?
        if let source = task.depends {
            do throws(ExpressionFailure) {
                depends = try DependsExpression(source, tolerance: tolerance)
            } catch {
                failure = error.description
            }
        } else if !task.dependencies.isEmpty {
            depends = DependsExpression(dependencies: task.dependencies, tolerance: tolerance)
        }
        self.init(index: index, group: 0, step: step, depends: depends, dependsFailure: failure)
    }

    /// What runs after the node: `onExit`, or the hook named `exit`.
    func exitHook(_ workflowArguments: Arguments) -> LifecycleHook? {
        resolvedExitHook(onExit: self.step.onExit, hooks: self.step.hooks, workflowArguments)
    }

    func toleratesFailure(_ phase: NodePhase) -> Bool {
        switch phase {
        case .failed: self.step.continueOn?.failed ?? false
        case .error: self.step.continueOn?.error ?? false
        case .pending, .running, .succeeded, .skipped, .omitted: false
        }
    }
}

/// The hook that runs when a node or workflow has ended.
let exitHookName = "exit"

func resolvedExitHook(
    onExit: String?, hooks: OrderedDictionary<String, LifecycleHook>, _ workflowArguments: Arguments
) -> LifecycleHook? {
    if let onExit, !onExit.isEmpty {
        var hook = LifecycleHook()
        hook.template = onExit
        hook.arguments = workflowArguments
        return hook
    }
    guard var hook = hooks[exitHookName] else { return nil }
    if hook.arguments.parameters.isEmpty && hook.arguments.artifacts.isEmpty { hook.arguments = workflowArguments }
    return hook
}

/// Which siblings a text speaks of, by `steps.<name>` or `tasks.<name>`.
struct Mentions: Sendable {
    /// `nil` where the text may read any.
    private(set) var names: Set<String>? = []

    init(of json: JSONValue) {
        forEachText(json) { text in
            if hasTags(text) { self.note(TemplateText(text)) }
        }
        self.noteReferences(json)
    }

    /// Those of a text that is an expression as a whole.
    init(ofExpression source: String) { self.note(expression: source) }

    private mutating func note(_ text: TemplateText) {
        for name in text.requiredNames { self.note(name) }
        for tag in text.expressions where tag.source.utf8.contains(UInt8(ascii: "$")) { self.names = nil }
        // A guarded member (`steps.a?.outputs`) is not required and still read.
        if text.expressions.contains(where: { $0.source.utf8.contains(UInt8(ascii: "?")) }) { self.names = nil }
    }

    mutating func note(expression source: String) {
        do throws(ExpressionError) {
            let expression = try Expression(source)
            for name in expression.requiredNames { self.note(name) }
        } catch {
            self.names = nil
        }
        if source.utf8.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "$") }) { self.names = nil }
    }

    private mutating func note(_ path: String) {
        let parts = path.utf8.split(separator: UInt8(ascii: "."), maxSplits: 2)
        guard let root = parts.first.map({ String(Substring($0)) }), root == "steps" || root == "tasks" else { return }
        guard parts.count > 1 else {
            self.names = nil
            return
        }
        self.names?.insert(String(Substring(parts[1])))
    }

    /// Hooks and artifacts hold expressions without braces.
    private mutating func noteReferences(_ json: JSONValue) {
        switch json {
        case .object(let members):
            for (key, value) in members {
                if key == "fromExpression" || key == "expression", case .string(let source) = value {
                    self.note(expression: source)
                } else if key == "from" || key == "parameter", case .string(let source) = value, !hasTags(source) {
                    self.note(source)
                } else {
                    self.noteReferences(value)
                }
            }
        case .array(let elements): for element in elements { self.noteReferences(element) }
        case .null, .bool, .integer, .double, .string: break
        }
    }
}
