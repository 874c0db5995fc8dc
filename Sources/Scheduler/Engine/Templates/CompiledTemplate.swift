import Expressions
import JSON
import Model

/// A template with all that can be known of it before it is invoked: its kind, its tags, its steps or tasks as sites,
/// the edges between tasks, and whose standard output is asked for.
final class CompiledTemplate: Sendable {
    enum Kind: Hashable, Sendable {
        case container
        case script
        case steps
        case dag
        case suspend
        /// A kind or feature that this version does not run, by name.
        case unsupported(String)
        case unknown
    }

    let template: Template
    let kind: Kind
    /// Where the templates it names are looked up: `local/<workflow>`, `namespaced/<name>` or `cluster/<name>`.
    let scope: String
    /// Names the template within the machine.
    let key: String
    /// The members whose tags are replaced when the template is invoked; the sites' tags wait for their own time.
    let body: TaggedObject<Template>
    let inputs: TaggedObject<Inputs>
    /// Steps group after group, or tasks.
    let sites: [Site]
    /// The sites of each step group.
    let groups: [Range<Int>]
    let siteIndex: [String: Int]
    /// The tasks that decide the outcome, in order.
    let targets: [Int]
    /// The tasks that the targets need, themselves included.
    let needed: [Bool]
    /// The sites whose standard output something refers to.
    let resultNames: Set<String>
    /// Whether `{{inputs.parameters}}`, the list of all, is asked for.
    let readsAllInputs: Bool
    let outputMentions: Mentions

    init(_ template: Template, scope: String, key: String) {
        self.template = template
        self.kind = Self.kind(of: template)
        self.scope = scope
        self.key = key
        self.body = TaggedObject(template, except: ["name", "inputs", "steps", "dag"])
        self.inputs = TaggedObject(template.inputs)
        var sites: [Site] = []
        var groups: [Range<Int>] = []
        for (group, steps) in template.steps.enumerated() {
            let start = sites.count
            for step in steps { sites.append(Site(index: sites.count, group: group, step: step)) }
            groups.append(start..<sites.count)
        }
        var targets: [Int] = []
        var needed: [Bool] = []
        if let dag = template.dag {
            (sites, targets, needed) = Self.graph(of: dag)
        }
        self.sites = sites
        self.groups = groups
        self.siteIndex = Dictionary(sites.map { ($0.step.name, $0.index) }, uniquingKeysWith: { first, _ in first })
        self.targets = targets
        self.needed = needed
        let json = template.json(.compact)
        self.resultNames = Self.resultNames(in: json)
        var readsAll = false
        forEachText(json) { text in
            if hasTags(text), TemplateText(text).references.contains("inputs.parameters") { readsAll = true }
        }
        self.readsAllInputs = readsAll
        self.outputMentions = Mentions(of: template.outputs.json(.compact))
    }

    var isPod: Bool { self.kind == .container || self.kind == .script }

    private static func kind(of template: Template) -> Kind {
        if template.daemon == true { return .unsupported("daemon") }
        if !template.sidecars.isEmpty { return .unsupported("sidecars") }
        if !template.initContainers.isEmpty { return .unsupported("initContainers") }
        if template.memoize != nil { return .unsupported("memoize") }
        if template.containerSet != nil { return .unsupported("containerSet") }
        if template.resource != nil { return .unsupported("resource") }
        if template.data != nil { return .unsupported("data") }
        if template.http != nil { return .unsupported("http") }
        if template.plugin != nil { return .unsupported("plugin") }
        if template.container != nil { return .container }
        if template.script != nil { return .script }
        if template.dag != nil { return .dag }
        if template.suspend != nil { return .suspend }
        if !template.steps.isEmpty { return .steps }
        return .unknown
    }

    private static func graph(of dag: DAGTemplate) -> (sites: [Site], targets: [Int], needed: [Bool]) {
        let tolerated = Dictionary(
            dag.tasks.map { ($0.name, ($0.continueOn?.error ?? false, $0.continueOn?.failed ?? false)) },
            uniquingKeysWith: { first, _ in first })
        var sites = dag.tasks.enumerated().map { index, task in
            Site(index: index, task: task) { tolerated[$0] ?? (false, false) }
        }
        let byName = Dictionary(
            sites.map { ($0.step.name, $0.index) }, uniquingKeysWith: { first, _ in first })
        for index in sites.indices {
            let dependencies = (sites[index].depends?.tasks ?? []).compactMap { byName[$0] }
            sites[index].dependencies = dependencies
            for dependency in dependencies { sites[dependency].dependants.append(index) }
        }
        let (targets, needed) = Self.aims(dag.target ?? "", sites, byName)
        return (sites, targets, needed)
    }

    /// The tasks that a target names, or that nothing depends on, and all that they need.
    func aims(_ target: String) -> (targets: [Int], needed: [Bool]) { Self.aims(target, self.sites, self.siteIndex) }

    private static func aims(
        _ target: String, _ sites: [Site], _ byName: [String: Int]
    ) -> (targets: [Int], needed: [Bool]) {
        let targets: [Int]
        if !target.isEmpty {
            targets = target.split(separator: " ").compactMap { byName[String($0)] }
        } else {
            targets = sites.filter(\.dependants.isEmpty).sorted { goLess($0.step.name, $1.step.name) }.map(\.index)
        }
        var needed = Array(repeating: false, count: sites.count)
        var open = targets
        while let site = open.popLast() {
            guard !needed[site] else { continue }
            needed[site] = true
            open.append(contentsOf: sites[site].dependencies)
        }
        return (targets, needed)
    }

    /// The names in `steps.<name>.outputs.result` and `tasks['<name>'].outputs.result`.
    static func resultNames(in json: JSONValue) -> Set<String> {
        var names: Set<String> = []
        let suffix = ".outputs.result"
        forEachText(json) { text in
            var rest = Substring(text).utf8
            while let found = rest.firstRange(ofBytes: suffix) {
                if let name = Self.siblingName(before: Substring(rest[..<found.lowerBound])) { names.insert(name) }
                rest = rest[found.upperBound...]
            }
        }
        return names
    }

    private static func siblingName(before text: Substring) -> String? {
        if text.hasSuffix("']") || text.hasSuffix("\"]") {
            let inside = text.dropLast(2)
            guard let quote = inside.lastIndex(where: { $0 == "'" || $0 == "\"" }) else { return nil }
            return String(inside[inside.index(after: quote)...])
        }
        guard let dot = text.lastIndex(of: ".") else { return nil }
        return String(text[text.index(after: dot)...])
    }
}
