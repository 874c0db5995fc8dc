import JSON
import Model
import OrderedCollections

/// A template as its author wrote it, read without the engine: what nodes came to is compared with it.
final class WrittenTemplate: Sendable {
    /// A step or task.
    struct Site: Sendable {
        /// A task in the form of a step.
        let step: WorkflowStep
        let depends: String?
        let dependencies: [String]
        /// The step group; `nil` for tasks.
        let group: Int?
        let inline: WrittenTemplate?

        var isLoop: Bool { !self.step.withItems.isEmpty || self.step.withParam != nil || self.step.withSequence != nil }

        /// The hook named `exit`, or the template of `onExit`.
        func exitHook(_ workflowArguments: Arguments) -> LifecycleHook? {
            writtenExitHook(self.step.onExit, self.step.hooks, workflowArguments)
        }
    }

    let template: Template
    let sites: OrderedDictionary<String, Site>

    var isSteps: Bool { self.template.dag == nil }

    init(_ template: Template) throws {
        self.template = template
        var sites: OrderedDictionary<String, Site> = [:]
        for (group, steps) in template.steps.enumerated() {
            for step in steps {
                sites[step.name] = Site(
                    step: step, depends: nil, dependencies: [], group: group,
                    inline: try step.inline.map { try WrittenTemplate($0) })
            }
        }
        for task in template.dag?.tasks ?? [] {
            sites[task.name] = Site(
                step: try WorkflowStep(json: task.json(.compact), at: DecodingPlace()), depends: task.depends,
                dependencies: task.dependencies, group: nil, inline: try task.inline.map { try WrittenTemplate($0) })
        }
        self.sites = sites
    }
}

/// What runs at an end, and with what.
func writtenExitHook(
    _ onExit: String?, _ hooks: OrderedDictionary<String, LifecycleHook>, _ workflowArguments: Arguments
) -> LifecycleHook? {
    var hook = hooks["exit"]
    if let onExit {
        hook = LifecycleHook()
        hook?.template = onExit
    }
    if hook?.arguments.parameters.isEmpty == true { hook?.arguments = workflowArguments }
    return hook
}

/// Where a node stands within the template around it, as its name tells.
struct NodePlace: Hashable {
    var site = ""
    var item: Int?
    /// `onExit`, or a hook's name.
    var hook: String?
    var attempt: Int?

    var isOwn: Bool { self.hook == nil && self.attempt == nil }

    /// - Returns: `nil` for a step group.
    init?(of name: String, in boundary: String) {
        var rest = name.dropFirst(boundary.count)
        if rest.first == "[" { rest = rest.drop { $0 != "]" }.dropFirst() }
        guard rest.first == "." else { return nil }
        rest = rest.dropFirst()
        self.site = String(rest.prefix { $0 != "(" && $0 != "." })
        rest = rest.dropFirst(self.site.count)
        let digits = rest.dropFirst().prefix(while: \.isNumber)
        if rest.first == "(", rest.dropFirst(digits.count + 1).first == ":" {
            self.item = Int(digits)
            rest = rest.drop { $0 != ")" }.dropFirst()
        }
        if rest.first == "." {
            let hook = rest.dropFirst().prefix { $0 != "(" }
            self.hook = String(hook.split(separator: ".").last ?? "")
            rest = rest.dropFirst(hook.count + 1)
        }
        self.attempt = Int(rest.dropFirst().prefix(while: \.isNumber))
    }
}
