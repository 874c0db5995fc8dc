import Expressions
import JSON
import Model
import OrderedCollections

// Sites: a step or task begins, repeats over its items, and ends.
extension WorkflowMachine {
    func nodeName(frame: Int, site: Int, item: Int) -> String {
        guard let template = self.entries[frame].template else { return "" }
        let base = self.entries[frame].row.status.name
        let place = template.sites[site]
        let parent = template.kind == .steps ? NodeNames.stepGroup(place.group, of: base) : base
        var name = place.step.name
        if item >= 0, let value = self.frames[frame]?.sites[site].items[item] {
            name = NodeNames.item(item, described: Self.description(of: value), of: name)
        }
        return NodeNames.child(name, of: parent)
    }

    /// How an item shows in the name of its node.
    static func description(of item: JSONValue) -> String {
        switch item {
        case .object(let members):
            NodeNames.description(ofMap: members.map { ($0.key, Self.text(of: $0.value)) })
        case .array(let elements): "[" + elements.map { Self.text(of: $0) }.joined(separator: " ") + "]"
        case .null, .bool, .integer, .double, .string: Self.text(of: item)
        }
    }

    static func text(of item: JSONValue) -> String {
        switch item {
        case .string(let text): text
        case .array, .object: goText(item)
        case .null: "null"
        case .bool, .integer, .double: item.anyText
        }
    }

    /// Reads the site with what is known now: condition, arguments, items.
    mutating func resolveSite(_ frame: Int, _ site: Int) throws(EngineFailure) {
        guard let place = self.entries[frame].template?.sites[site] else { return }
        let scope = self.scope(of: frame, mentions: place.mentions)
        let policy = UnresolvedPolicy.strict(["steps", "tasks"])
        var when = place.step.when ?? ""
        var isSkipped = false
        if !when.isEmpty {
            when = try self.replaced(when, scope, policy)
            do throws(ExpressionFailure) {
                isSkipped = try !WhenExpression.holds(when)
            } catch {
                if !place.isLoop { throw EngineFailure(error.description) }
            }
        }
        var step = place.step
        if !isSkipped {
            step = try self.resolvedStep(place, frame, scope, policy)
        }
        self.frames[frame]?.sites[site].when = when
        self.frames[frame]?.sites[site].isSkipped = isSkipped
        if place.isLoop {
            let items = try self.items(of: step, isSkipped: isSkipped, scope)
            self.frames[frame]?.sites[site].items = items
            self.frames[frame]?.sites[site].children = Array(repeating: -1, count: items.count)
            self.frames[frame]?.sites[site].remaining = items.count
            var body = step
            body.withItems = []
            body.withParam = nil
            body.withSequence = nil
            body.when = nil
            body.hooks = [:]
            body.inline = nil
            self.frames[frame]?.sites[site].itemBody = TaggedObject(body, except: ["name", "onExit"])
        }
        self.frames[frame]?.sites[site].step = step
        self.operationCount += 1
    }

    private mutating func resolvedStep(
        _ place: Site, _ frame: Int, _ scope: Scope, _ policy: UnresolvedPolicy
    ) throws(EngineFailure) -> WorkflowStep {
        var step: WorkflowStep
        let absent = place.step.arguments.parameters.contains { $0.value.map(scope.isAbsentReference) ?? false }
        if absent {
            var marked = place.body.plain
            for index in marked.arguments.parameters.indices
            where marked.arguments.parameters[index].value.map(scope.isAbsentReference) ?? false {
                marked.arguments.parameters[index].value = absentArgument
            }
            step = try TaggedObject(marked, except: ["name", "onExit"]).replaced(
                in: scope, unresolved: policy, context: self.context)
        } else {
            step = try place.body.replaced(in: scope, unresolved: policy, context: self.context)
        }
        step.inline = place.step.inline
        step.hooks = place.step.hooks
        step.withItems = place.step.withItems
        var artifacts: [Artifact] = []
        for artifact in step.arguments.artifacts {
            if let found = try self.resolved(artifact, frame: frame, scope) { artifacts.append(found) }
        }
        step.arguments.artifacts = artifacts
        return step
    }

    private func items(of step: WorkflowStep, isSkipped: Bool, _ scope: Scope) throws(EngineFailure) -> [JSONValue] {
        if !step.withItems.isEmpty {
            guard step.withItems.contains(where: containsTags), !isSkipped else { return step.withItems }
            do throws(TemplateError) {
                let replaced = try TemplateText.replaced(
                    in: .array(step.withItems), scope: scope, unresolved: .allowed, context: self.context)
                return replaced.arrayValue ?? []
            } catch {
                throw EngineFailure(error.description)
            }
        }
        if let text = step.withParam {
            let value: JSONValue
            do throws(JSONSyntaxError) {
                value = try JSONValue.parse(text)
            } catch {
                if isSkipped { return [] }
                throw EngineFailure(
                    "withParam value could not be parsed as a JSON list: \(trimmedText(text)): \(error)")
            }
            if case .array(let elements) = value { return elements }
            if value.isNull || isSkipped { return [] }
            throw EngineFailure(
                "withParam value could not be parsed as a JSON list: \(trimmedText(text)): "
                    + "json: cannot unmarshal \(value.kind) into Go value of type []v1alpha1.Item")
        }
        guard let sequence = step.withSequence else { return [] }
        do throws(EngineFailure) {
            return try Self.items(of: sequence)
        } catch {
            if isSkipped { return [] }
            throw error
        }
    }

    /// The most items one loop may have.
    static let maximumItems = 1_000_000

    static func items(of sequence: ItemSequence) throws(EngineFailure) -> [JSONValue] {
        func number(_ value: IntOrString?) throws(EngineFailure) -> Int? {
            guard let value else { return nil }
            guard let number = value.integerValue else {
                throw EngineFailure("strconv.Atoi: parsing \(goQuoted(value.text)): invalid syntax")
            }
            return number
        }
        let start = try number(sequence.start) ?? 0
        let end: Int
        if let last = try number(sequence.end) {
            end = last
        } else if let count = try number(sequence.count) {
            if count == 0 { return [] }
            end = start &+ count &- 1
        } else {
            throw EngineFailure("neither end nor count was specified in withSequence")
        }
        let (span, overflow) = end.subtractingReportingOverflow(start)
        guard !overflow, span.magnitude < Self.maximumItems else {
            throw EngineFailure(
                "withSequence from \(start) to \(end) has more than \(Self.maximumItems) items: divide it")
        }
        let numbers = Array(stride(from: start, through: end, by: start <= end ? 1 : -1))
        return numbers.map { .string(formatted($0, by: sequence.format)) }
    }

    /// Begins a resolved site: its node, its items, or the node that says why not.
    mutating func beginResolvedSite(_ frame: Int, _ site: Int) {
        guard let place = self.entries[frame].template?.sites[site], let state = self.frames[frame]?.sites[site] else {
            return
        }
        guard place.isLoop else {
            if state.isSkipped {
                self.skip(frame, site, .skipped, "when '\(state.when)' evaluated false")
            } else {
                self.request(.site(frame: frame, site: site, item: -1))
            }
            return
        }
        guard !state.items.isEmpty else {
            self.skip(frame, site, .skipped, "Skipped, empty params")
            return
        }
        let count = state.items.count
        if self.entries[frame].template?.kind == .dag { self.openTaskGroup(frame, site) }
        for item in 0..<count { self.request(.site(frame: frame, site: site, item: item)) }
    }

    /// Makes the node of a site that does not run.
    mutating func skip(_ frame: Int, _ site: Int, _ phase: NodePhase, _ message: String, item: Int = -1) {
        let call = self.call(frame, site, item: item, arguments: Arguments())
        let isNew = self.isNew(call.name)
        let node: Int
        if let known = self.indexByName[call.name] {
            if self.isBroughtAlong(known) {
                node = known
                self.takeOver(known, call)
                self.withdraw(known, phase, message)
            } else {
                node = self.invoke(call)
            }
        } else {
            node = self.makeNode(call, type: .skipped, phase: phase, message: message)
        }
        self.adopt(node, frame, site, item, isNew: isNew)
    }

    mutating func beginSite(frame: Int, site: Int, item: Int) {
        guard let step = self.frames[frame]?.sites[site].step else { return }
        var arguments = step.arguments
        var reference: WorkflowStep = step
        if item >= 0 {
            do throws(EngineFailure) {
                guard let own = try self.step(frame, site, item: item) else { return }
                reference = own
                arguments = own.arguments
            } catch {
                self.skip(frame, site, .error, error.description, item: item)
                return
            }
        }
        let call = self.call(frame, site, item: item, arguments: arguments, step: reference)
        let isNew = self.isNew(call.name)
        let node = self.invoke(call)
        self.adopt(node, frame, site, item, isNew: isNew)
    }

    /// The step for one item; `nil` where its condition does not hold.
    private mutating func step(_ frame: Int, _ site: Int, item: Int) throws(EngineFailure) -> WorkflowStep? {
        guard let place = self.entries[frame].template?.sites[site],
            let body = self.frames[frame]?.sites[site].itemBody,
            let value = self.frames[frame]?.sites[site].items[item],
            var when = self.frames[frame]?.sites[site].when
        else { return nil }
        var variables: [String: Value] = ["item": .string(Self.text(of: value))]
        if case .object(let members) = value {
            for (key, member) in members { variables["item.\(key)"] = .string(Self.text(of: member)) }
        }
        let scope = self.scope(of: frame, mentions: place.mentions).adding(variables)
        if hasTags(when) { when = try self.replaced(when, scope, .refused) }
        if !when.isEmpty {
            let holds: Bool
            do throws(ExpressionFailure) { holds = try WhenExpression.holds(when) } catch {
                throw EngineFailure(error.description)
            }
            if !holds {
                self.skip(frame, site, .skipped, "when '\(when)' evaluated false", item: item)
                return nil
            }
        }
        guard body.hasTags else { return body.plain }
        return try body.replaced(in: scope, unresolved: .refused, context: self.context)
    }

    private func call(
        _ frame: Int, _ site: Int, item: Int, arguments: Arguments, step: WorkflowStep? = nil
    ) -> Call {
        let template = self.entries[frame].template
        let place = template?.sites[site]
        let step = step ?? place?.step ?? WorkflowStep()
        let isSteps = template?.kind == .steps
        let taskGroup = self.frames[frame]?.sites[site].node ?? -1
        let group = self.frames[frame]?.groupNodes.last ?? frame
        let name = self.nodeName(frame: frame, site: site, item: item)
        let reference = TemplateLibrary.Reference(
            template: step.template ?? place?.step.template, templateRef: step.templateRef ?? place?.step.templateRef,
            inline: place?.step.inline,
            inlineKey: "\(template?.key ?? "")/\(site)", siteName: place?.step.name ?? "")
        return Call(
            name: name, reference: reference, scope: template?.scope ?? "", arguments: arguments, boundary: frame,
            up: isSteps ? group : item >= 0 ? taskGroup : frame,
            link: NodeLink(role: .site, parent: frame, site: site, item: item),
            isExit: self.frames[frame]?.isExit ?? false, depth: (self.frames[frame]?.depth ?? 0) + 1,
            locals: [isSteps ? "steps.name" : "tasks.name": .string(self.siteName(place, frame, site, item))])
    }

    private func siteName(_ place: Site?, _ frame: Int, _ site: Int, _ item: Int) -> String {
        guard let place else { return "" }
        guard item >= 0, let value = self.frames[frame]?.sites[site].items[item] else { return place.step.name }
        return NodeNames.item(item, described: Self.description(of: value), of: place.step.name)
    }

    /// Puts a site's node in its place.
    private mutating func adopt(_ node: Int, _ frame: Int, _ site: Int, _ item: Int, isNew: Bool) {
        if item >= 0 {
            self.frames[frame]?.sites[site].children[item] = node
        } else {
            self.frames[frame]?.sites[site].node = node
        }
        // A big row may not have been told of its last children.
        guard isNew || self.isTakingOver else { return }
        if self.entries[frame].template?.kind == .steps {
            if let group = self.frames[frame]?.groupNodes.last { self.attach(node, to: group) }
        } else if item >= 0, let group = self.frames[frame]?.sites[site].node {
            self.attach(node, to: group)
        } else if isNew || self.takeover == .again {
            self.connect(node, frame, site)
        }
    }

    /// Tells a node's end to its site, once its hooks and its exit handler have ended too.
    mutating func siteNodeEnded(_ node: Int) {
        // Where its last hook and the node itself end in one turn, each of the two ends comes here.
        guard !self.entries[node].isOver else { return }
        self.entries[node].isOver = true
        let link = self.entries[node].link
        guard link.item >= 0, self.entries[link.parent].template?.sites[link.site].isLoop == true else {
            self.siteEnded(link.parent, link.site, node)
            return
        }
        self.noteFailure(of: node, link)
        self.frames[link.parent]?.sites[link.site].remaining -= 1
        guard self.frames[link.parent]?.sites[link.site].remaining == 0 else { return }
        if self.entries[link.parent].template?.kind == .dag {
            self.closeTaskGroup(link.parent, link.site)
        } else {
            self.siteEnded(link.parent, link.site, node)
        }
    }

    private mutating func siteEnded(_ frame: Int, _ site: Int, _ node: Int) {
        guard self.frames[frame]?.sites[site].isDone == false else { return }
        self.frames[frame]?.sites[site].isDone = true
        self.operationCount += 1
        self.noteFailure(of: node, self.entries[node].link)
        if self.entries[frame].template?.kind == .dag {
            self.taskEnded(frame, site)
        } else {
            self.frames[frame]?.open -= 1
            if self.frames[frame]?.open == 0 { self.groupEnded(frame) }
        }
    }

    /// An error of the engine's own fails the step group around it, and in a DAG it is the task's.
    private mutating func noteFailure(of node: Int, _ link: NodeLink) {
        guard let failure = self.entries[node].failure, self.entries[link.parent].template?.kind == .steps,
            self.frames[link.parent]?.failure == nil
        else { return }
        let name = self.entries[node].row.status.name
        self.frames[link.parent]?.failure = "step group deemed errored due to child \(name) error: \(failure)"
    }
}

/// A number by a format of C: `%d`, `%03d`, `testuser%02X`.
func formatted(_ number: Int, by format: String?) -> String {
    guard let format, !format.isEmpty else { return String(number) }
    var result = ""
    var rest = Substring(format)
    while let mark = rest.firstIndex(of: "%") {
        result += rest[..<mark]
        rest = rest[rest.index(after: mark)...]
        if rest.first == "%" {
            result += "%"
            rest = rest.dropFirst()
            continue
        }
        let flags = rest.prefix { "+- 0#".contains($0) }
        rest = rest.dropFirst(flags.count)
        let widthText = rest.prefix(while: \.isNumber)
        rest = rest.dropFirst(widthText.count)
        guard let verb = rest.popFirst() else { return result + "%!(NOVERB)" }
        var digits: String
        switch verb {
        case "d", "v": digits = String(number.magnitude)
        case "x": digits = String(number.magnitude, radix: 16)
        case "X": digits = String(number.magnitude, radix: 16, uppercase: true)
        case "o": digits = String(number.magnitude, radix: 8)
        case "b": digits = String(number.magnitude, radix: 2)
        default: digits = "%!\(verb)(int=\(number))"
        }
        let sign = number < 0 ? "-" : flags.contains("+") ? "+" : flags.contains(" ") ? " " : ""
        let padding = max(0, min(Int(widthText) ?? 0, 64) - digits.count - sign.count)
        if flags.contains("-") {
            digits = sign + digits + String(repeating: " ", count: padding)
        } else if flags.contains("0") {
            digits = sign + String(repeating: "0", count: padding) + digits
        } else {
            digits = String(repeating: " ", count: padding) + sign + digits
        }
        result += digits
    }
    return result + rest
}

func trimmedText(_ text: String) -> String {
    var rest = Substring(text)
    while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
    while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
    return String(rest)
}
