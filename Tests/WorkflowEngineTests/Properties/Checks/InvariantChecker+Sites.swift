import JSON
import Model
import OrderedCollections
import WorkflowEngine

// Steps and tasks: when they run, with what, and what comes of them.
extension InvariantChecker {
    /// A node is there only where its task's dependencies and its condition say so.
    func checkCondition(of row: NodeRow) throws {
        guard let (frame, place, site) = self.site(of: row), place.isOwn else { return }
        let (name, phase) = (row.status.name, row.status.phase)
        if site.group == nil, place.item == nil {
            guard let isFit = try self.dependenciesHold(of: site, frame, name) else { return }
            guard isFit == (phase != .omitted) else {
                throw Violation(
                    .conditions, "\(name) is \(phase.rawValue), although its dependencies are \(isFit ? "" : "not ")met"
                )
            }
            if phase == .omitted { return }
        }
        guard phase != .error, let when = site.step.when else { return }
        // A loop's condition is that of its items.
        if site.isLoop, place.item == nil { return }
        let item = place.item.flatMap { self.items(of: site, frame)?[$0] }
        guard let holds = self.holds(when, Standpoint(frame: frame, item: item)) else { return }
        guard holds == (phase != .skipped || row.status.type != .skipped) else {
            throw Violation(.conditions, "\(name) is \(phase.rawValue), although its condition is \(holds)")
        }
    }

    private func holds(_ when: String, _ place: Standpoint) -> Bool? {
        guard let text = self.reading(when, place).text else { return nil }
        for sign in [" == ", " != ", " > "] {
            guard let range = text.firstRange(of: sign) else { continue }
            let (left, right) = (text[..<range.lowerBound], text[range.upperBound...])
            switch sign {
            case " == ": return left == right
            case " != ": return left != right
            default: return (Int(left) ?? 0) > (Int(right) ?? 0)
            }
        }
        return nil
    }

    /// Whether what a task depends on has come out as it needs; all of it must have ended.
    private func dependenciesHold(of site: WrittenTemplate.Site, _ frame: Frame, _ name: String) throws -> Bool? {
        let isAny = site.depends?.contains("||") ?? false
        let operands =
            site.depends.map { $0.split(separator: " ").filter { $0 != "&&" && $0 != "||" } }
            ?? site.dependencies.map { Substring($0) }
        var results: [Bool] = []
        for operand in operands {
            let isNegated = operand.hasPrefix("!")
            let parts = operand.drop { $0 == "!" }.split(separator: ".")
            guard let other = frame.written.sites[String(parts[0])] else { return nil }
            guard let node = self.node(of: other, in: frame), node.status.phase.isFulfilled else {
                throw Violation(.conditions, "\(name) began before \(parts[0]) had ended")
            }
            let holds = self.holds(parts.dropFirst().first.map(String.init), of: node, other, frame)
            results.append(holds != isNegated)
        }
        return isAny ? results.contains(true) : !results.contains(false)
    }

    private func holds(_ result: String?, of node: NodeRow, _ site: WrittenTemplate.Site, _ frame: Frame) -> Bool {
        let phase = node.status.phase
        switch result {
        case "Succeeded": return phase == .succeeded
        case "Failed": return phase == .failed
        case "Errored": return phase == .error
        case "Skipped": return phase == .skipped
        case "Omitted": return phase == .omitted
        case "AnySucceeded": return self.items(of: site, in: frame).contains { $0.status.phase == .succeeded }
        case "AllFailed":
            let items = self.items(of: site, in: frame)
            return !items.isEmpty && items.allSatisfy { $0.status.phase == .failed }
        default: return phase == .succeeded || phase == .skipped || self.isTolerated(phase, site)
        }
    }

    func isTolerated(_ phase: NodePhase, _ site: WrittenTemplate.Site) -> Bool {
        phase == .failed && site.step.continueOn?.failed == true
            || phase == .error && site.step.continueOn?.error == true
    }

    // MARK: What is passed

    /// A node has the inputs that its caller passes, or else its template's defaults.
    func checkInputs(of row: NodeRow) throws {
        guard let inputs = row.status.inputs, let template = self.template(of: row)?.template else { return }
        for declared in template.inputs.parameters {
            guard let expected = self.expected(declared, of: row) else { continue }
            let found = inputs.parameters.first { $0.name == declared.name }?.value
            guard found == expected else {
                throw Violation(
                    .passing,
                    "\(row.status.name) got \(found ?? "nothing") for \(declared.name), expected is \(expected)")
            }
        }
        guard let (frame, place, site) = self.site(of: row), place.hook == nil else { return }
        for argument in site.step.arguments.artifacts {
            let expected = self.artifact(argument, in: frame)?.location.key
            let found = inputs.artifacts.first { $0.name == argument.name }?.location.key
            guard found == expected else {
                throw Violation(
                    .passing, "\(row.status.name) got the artifact \(found ?? "none"), not \(expected ?? "none")")
            }
        }
    }

    private func expected(_ declared: Parameter, of row: NodeRow) -> String? {
        guard let (arguments, place) = self.arguments(of: row) else { return nil }
        let fallback = declared.value ?? declared.defaultValue
        guard let written = arguments.parameters.first(where: { $0.name == declared.name })?.value else {
            return fallback
        }
        switch self.reading(written, place) {
        case .text(let text): return text
        case .absent: return fallback
        case .missing, .unknown: return nil
        }
    }

    /// What a node's caller passes, and from where.
    private func arguments(of row: NodeRow) -> (Arguments, Standpoint)? {
        let own = self.workflow.spec.arguments
        guard let (frame, place, site) = self.site(of: row) else {
            let name = self.workflow.metadata.name
            return row.status.name == name ? (own, Standpoint()) : nil
        }
        var standpoint = Standpoint(frame: frame, item: place.item.flatMap { self.items(of: site, frame)?[$0] })
        guard let hook = place.hook else { return (site.step.arguments, standpoint) }
        let suffix = hook == "exit" || hook == "onExit" ? ".onExit" : ".hooks.\(hook)"
        standpoint.owner = row.status.name.ranges(of: suffix).last.flatMap {
            self.row(named: String(row.status.name[..<$0.lowerBound]))
        }
        if suffix == ".onExit" { return site.exitHook(own).map { ($0.arguments, standpoint) } }
        // What other hooks are passed may still change while they begin.
        return nil
    }

    /// A pod is told its inputs, and the artifacts that its node names.
    func checkTexts(of launch: PodLaunch, _ row: NodeRow) throws {
        guard let template = self.template(of: row)?.template else { return }
        let input =
            row.status.inputs?.parameters.first { $0.name == "p" }?.value
            ?? self.retry(of: row)?.status.inputs?
            .parameters.first { $0.name == "p" }?.value
        guard let input else { return }
        let before = self.attemptBefore(row)
        for (written, found) in zip(
            (template.container ?? template.script?.container)?.args ?? [], launch.container.args)
        {
            let expected = written.replacing("{{inputs.parameters.p}}", with: input)
                .replacing("{{=inputs.parameters.p + '!'}}", with: input + "!")
                .replacing("{{workflow.uid}}", with: self.workflow.metadata.uid)
                .replacing("{{retries}}", with: "\(self.number(of: row) ?? 0)")
                .replacing("{{lastRetry.exitCode}}", with: before.map { $0.status.outputs?.exitCode ?? "0" } ?? "0")
            guard found == expected else {
                throw Violation(.passing, "\(launch.nodeName) is told \(found), expected is \(expected)")
            }
        }
        let artifacts = (row.status.inputs ?? self.retry(of: row)?.status.inputs)?.artifacts ?? []
        let keys = artifacts.compactMap(\.location.key)
        guard launch.inputArtifacts.compactMap(\.location.key) == keys else {
            throw Violation(.passing, "\(launch.nodeName) does not get the artifacts \(keys)")
        }
    }

    // MARK: What comes out

    /// A steps or DAG node that succeeded gives what its template says.
    func checkOutputs(of row: NodeRow) throws {
        guard row.status.phase == .succeeded, row.status.type == .steps || row.status.type == .dag,
            let frame = self.frame(row)
        else { return }
        let place = Standpoint(frame: frame)
        for declared in frame.written.template.outputs.parameters {
            let reference = declared.valueFrom?.parameter ?? declared.valueFrom?.expression.map { "{{\($0)}}" } ?? ""
            let expected: String?
            switch self.reading(reference, place) {
            case .text(let text): expected = text
            case .absent, .missing: expected = declared.valueFrom?.defaultValue
            case .unknown: continue
            }
            let found = row.status.outputs?.parameters.first { $0.name == declared.name }?.value
            guard found == expected else {
                throw Violation(
                    .results, "\(frame.name) gives \(found ?? "nothing"), expected is \(expected ?? "nothing")")
            }
        }
        for declared in frame.written.template.outputs.artifacts {
            let expected = self.artifact(declared, in: frame)?.location.key
            let found = row.status.outputs?.artifacts.first { $0.name == declared.name }?.location.key
            guard found == expected else {
                throw Violation(
                    .results, "\(frame.name) gives the artifact \(found ?? "none"), not \(expected ?? "none")")
            }
        }
    }
}
