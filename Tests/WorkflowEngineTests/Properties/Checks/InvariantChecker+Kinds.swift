import JSON
import Model
import OrderedCollections
import WorkflowEngine

// Which kinds have occurred: told by nodes and pods that were there, not by what is written alone.
extension InvariantChecker {
    private mutating func note(_ kind: Kind, when isThere: Bool) { if isThere { self.kinds.insert(kind) } }

    mutating func noteKinds(ofNew row: NodeRow) {
        if let template = self.template(of: row)?.template { self.noteKinds(of: template, row) }
        if let (frame, place, site) = self.site(of: row) {
            if place.isOwn, row.status.phase != .omitted { self.noteKinds(of: site, place, row, frame) }
            if place.attempt == nil { self.noteHook(place, site, row) }
        }
        self.note(.waitedForLock, when: row.status.synchronizationStatus != nil)
        self.note(.omitted, when: row.status.phase == .omitted)
        self.note(.stoppedAtDepthLimit, when: row.status.message?.hasPrefix("Maximum recursion") ?? false)
        self.note(.lastRetry, when: (self.number(of: row) ?? 0) > 0)
    }

    private mutating func noteKinds(of template: Template, _ row: NodeRow) {
        let type = row.status.type
        self.note(.container, when: type == .pod && template.container != nil)
        self.note(.script, when: type == .pod && template.script != nil)
        self.note(.steps, when: type == .steps)
        self.note(.dag, when: type == .dag)
        self.note(.suspendedForATime, when: type == .suspend && template.suspend?.duration != nil)
        self.note(.suspendedForAPerson, when: type == .suspend && template.suspend?.duration == nil)
        self.note(.retryOfComposite, when: type == .retry && template.container == nil && template.script == nil)
        let around = self.frame(around: row)
        guard type == .steps || type == .dag, let around else { return }
        self.note(.nested, when: true)
        self.note(.inlineComposite, when: row.status.templateName == nil)
        self.note(.recursive, when: around.row.status.templateName.map { $0 == row.status.templateName } ?? false)
        let outer = self.frame(around: around.row)?.row.status.templateName
        self.note(.recursiveByAnother, when: outer.map { $0 == row.status.templateName } ?? false)
    }

    private mutating func noteKinds(
        of site: WrittenTemplate.Site, _ place: NodePlace, _ row: NodeRow, _ frame: Frame
    ) {
        self.note(.inline, when: site.inline != nil)
        self.note(.dependencies, when: !site.dependencies.isEmpty)
        self.note(.depends, when: site.depends != nil)
        self.note(.dependsOnResult, when: site.depends?.contains(".") ?? false)
        self.note(.dependsOnItems, when: site.depends.map { $0.contains("Any") || $0.contains("All") } ?? false)
        if let when = site.step.when, row.status.phase != .error {
            self.note(.whenFalse, when: row.status.type == .skipped && row.status.phase == .skipped)
            self.note(.whenTrue, when: row.status.type != .skipped)
            self.note(.whenOfItem, when: place.item != nil && when.contains("{{item"))
        }
        self.note(.emptyLoop, when: row.status.message == "Skipped, empty params")
        guard place.item != nil else { return }
        self.note(.withItems, when: site.step.withItems.first?.stringValue != nil)
        self.note(.withItemsOfMaps, when: site.step.withItems.first?.objectValue != nil)
        self.note(.withSequence, when: site.step.withSequence != nil)
        guard let text = site.step.withParam else { return }
        self.note(.withParam, when: true)
        let other = text.split(separator: ".").dropFirst().first.flatMap { frame.written.sites[String($0)] }
        self.note(.withParamOfAggregate, when: other?.isLoop == true)
        self.note(.withParamOfResult, when: other?.isLoop == false && text.hasSuffix(".outputs.result}}"))
    }

    private mutating func noteHook(_ place: NodePlace, _ site: WrittenTemplate.Site, _ row: NodeRow) {
        guard let hook = place.hook else { return }
        self.note(.compositeAsHook, when: row.status.type == .steps || row.status.type == .dag)
        guard hook == "onExit" else { return self.note(.hookOfCall, when: true) }
        self.note(.onExitOfCall, when: site.step.onExit != nil)
        self.note(.exitHookOfCall, when: site.step.onExit == nil)
        self.note(.exitHookWithCondition, when: site.step.onExit == nil && site.step.hooks["exit"]?.expression != nil)
    }

    /// What a pod was told, once it is clear that it starts.
    mutating func noteKinds(of launch: PodLaunch) {
        guard let row = self.rows[launch.identity.nodeID], let template = self.template(of: row)?.template else {
            return
        }
        for artifact in launch.outputArtifacts {
            self.note(.artifactNone, when: artifact.archive?.none != nil)
            self.note(.artifactZip, when: artifact.archive?.zip != nil)
            self.note(.artifactTar, when: artifact.archive?.none == nil && artifact.archive?.zip == nil)
        }
        self.note(.artifactRaw, when: launch.inputArtifacts.contains { $0.location.raw != nil })
        self.note(.inputEnum, when: !(template.inputs.parameters.first?.enumeration ?? []).isEmpty)
        guard let (frame, place, site) = self.site(of: row), place.hook == nil else { return }
        self.note(.artifactPassed, when: !site.step.arguments.artifacts.isEmpty && !launch.inputArtifacts.isEmpty)
        guard let text = site.step.arguments.parameters.first(where: { $0.name == "p" })?.value else {
            return self.note(.inputDefault, when: true)
        }
        self.note(.argument, when: true)
        self.note(.tag, when: text.contains("{{") && !text.contains("{{="))
        self.note(.expression, when: text.contains("{{="))
        self.note(.item, when: text.contains("{{item"))
        self.note(.workflowParameter, when: text.contains("workflow.parameters.g"))
        self.note(.workflowEnum, when: text.contains("workflow.parameters.choice"))
        guard let range = text.firstRange(of: ".outputs."), let other = self.sibling(in: text, frame) else { return }
        let isResult = text[range.upperBound...].hasPrefix("result")
        self.note(.result, when: isResult && !other.isLoop)
        self.note(.aggregateOfResults, when: isResult && other.isLoop)
        self.note(.aggregateOfParameters, when: !isResult && other.isLoop)
        guard !other.isLoop, let node = self.node(of: other, in: frame) else { return }
        let value = self.speaker(for: node).outputs?.parameters.first { $0.name == "o" }?.value
        self.note(.outputOfPath, when: value?.hasPrefix("v") ?? false)
        self.note(.outputByDefault, when: value == "by default")
        self.note(.outputSupplied, when: value == "said")
        self.note(.outputOfSkipped, when: node.status.phase == .skipped || node.status.phase == .omitted)
    }

    private func sibling(in text: String, _ frame: Frame) -> WrittenTemplate.Site? {
        let words = text.split { !$0.isLetter && !$0.isNumber }.map(String.init)
        return words.first { frame.written.sites[$0] != nil }.flatMap { frame.written.sites[$0] }
    }

    mutating func noteKinds(ofEnded row: NodeRow) {
        let (status, message) = (row.status, row.status.message ?? "")
        if let written = self.template(of: row), status.type == .steps || status.type == .dag {
            let parameter =
                status.outputs?.parameters.isEmpty == false ? written.template.outputs.parameters.first : nil
            self.note(.outputOfParameter, when: parameter?.valueFrom?.parameter != nil)
            self.note(.outputOfExpression, when: parameter?.valueFrom?.expression != nil)
            let artifact = status.outputs?.artifacts.isEmpty == false ? written.template.outputs.artifacts.first : nil
            self.note(.artifactOfComposite, when: artifact?.from != nil)
            self.note(.artifactByExpression, when: artifact?.fromExpression != nil)
            self.note(.failFastOff, when: written.template.dag?.failFast == false && status.phase.isFailedOrError)
            for site in written.sites.values where status.phase == .succeeded {
                guard let phase = self.node(of: site, in: Frame(row: row, written: written))?.status.phase else {
                    continue
                }
                self.note(.continueOn, when: phase == .failed && self.isTolerated(phase, site))
                self.note(.continueOnError, when: phase == .error && self.isTolerated(phase, site))
            }
        }
        self.note(.failFastOfTemplate, when: message.hasSuffix("failFast enabled"))
        self.note(.timeout, when: message == "timeout")
        self.note(.deadlineOfTemplate, when: message.hasPrefix("Pod was active on the node longer"))
        self.note(.deadlineOfWorkflow, when: message == "Step exceeded its deadline")
        guard status.type == .retry, let strategy = self.template(of: row)?.template.retryStrategy else { return }
        self.note(.retryLimit, when: message == "No more retries left")
        self.note(.retryPolicy, when: strategy.retryPolicy != nil && status.children.count > 1)
        self.note(.retryBackoff, when: strategy.backoff != nil && status.children.count > 1)
        self.note(.retryMaxDuration, when: message.contains("max duration limit"))
        self.note(.retryExpression, when: message == "retryStrategy.expression evaluated to false")
    }

    mutating func noteKinds(ofWhole workflow: Workflow) {
        let name = self.workflow.metadata.name
        let hasHandler = self.row(named: "\(name).onExit") != nil
        self.note(.onExitOfWorkflow, when: hasHandler && self.workflow.spec.onExit != nil)
        self.note(.exitHookOfWorkflow, when: hasHandler && self.workflow.spec.onExit == nil)
        self.note(.hookOfWorkflow, when: self.row(named: "\(name).hooks.seen") != nil)
        self.note(.globalOutput, when: workflow.status.outputs?.parameters.isEmpty == false)
    }
}
