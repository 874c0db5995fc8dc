import Model
import OrderedCollections

/// A workflow in words and as a tree: what `get`, `submit` and `watch` print.
struct WorkflowText {
    var style: TextStyle
    var columns: TreeTable.Columns = .standard
    var selector: FieldSelector?
    var now: Timestamp

    init(style: TextStyle, now: Timestamp) {
        self.style = style
        self.now = now
    }

    func text(_ workflow: Workflow) -> String {
        let tree = TreeTable.text(
            workflow, columns: self.columns, style: self.style, selector: self.selector, now: self.now)
        if self.columns == .short, let tree { return tree }
        return self.header(workflow) + (tree.map { "\n\($0)" } ?? "")
    }

    private func header(_ workflow: Workflow) -> String {
        var lines = KeyedLines(width: 20)
        let status = workflow.status
        lines.add("Name:", workflow.metadata.name)
        lines.add("Namespace:", workflow.metadata.namespace)
        lines.add("ServiceAccount:", self.serviceAccount(workflow))
        lines.add("Status:", WorkflowWords.status(workflow))
        if let message = status.message, !message.isEmpty { lines.add("Message:", message) }
        lines.add(conditions: status.conditions, style: self.style)
        lines.add("Created:", workflow.metadata.creationTimestamp.map { Humanize.moment($0, now: self.now) } ?? "")
        if let started = status.startedAt { lines.add("Started:", Humanize.moment(started, now: self.now)) }
        if let finished = status.finishedAt { lines.add("Finished:", Humanize.moment(finished, now: self.now)) }
        if let started = status.startedAt {
            lines.add("Duration:", Humanize.duration(from: started, to: status.finishedAt, now: self.now))
        }
        if status.phase == .running, status.estimatedDuration > 0 {
            lines.add("EstimatedDuration:", HumanDuration.full(GoDuration(seconds: Int64(status.estimatedDuration))))
        }
        lines.add("Progress:", status.progress ?? "")
        if !status.resourcesDuration.isEmpty {
            lines.add("ResourcesDuration:", ResourceAmounts.text(status.resourcesDuration))
        }
        self.addParameters(workflow, &lines)
        return lines.text
    }

    private func serviceAccount(_ workflow: Workflow) -> String {
        let spec = workflow.status.storedWorkflowTemplateSpec ?? workflow.spec
        if let account = spec.serviceAccountName, !account.isEmpty { return account }
        return workflow.spec.workflowTemplateRef == nil
            ? "unset (will run with the default ServiceAccount)" : "unset"
    }

    private func addParameters(_ workflow: Workflow, _ lines: inout KeyedLines) {
        let spec = workflow.status.storedWorkflowTemplateSpec ?? workflow.spec
        lines.add(title: "Parameters:", spec.arguments.parameters.map { ($0.name, $0.value) })
        guard let outputs = workflow.status.outputs else { return }
        lines.add(title: "Output Parameters:", outputs.parameters.map { ($0.name, $0.value) })
        lines.add(title: "Output Artifacts:", outputs.artifacts.map { ($0.name, ArtifactWords.location($0)) })
    }
}

/// `Key:   value` lines with the values below each other.
struct KeyedLines {
    private let width: Int
    private(set) var text = ""

    init(width: Int) { self.width = width }

    mutating func add(_ key: String, _ value: String) {
        let space = String(repeating: " ", count: max(0, self.width - key.unicodeScalars.count))
        self.text += "\(key)\(space) \(value)\n"
    }

    /// A title, and beneath it the entries that have a value.
    mutating func add(title: String, _ entries: [(name: String, value: String?)]) {
        guard !entries.isEmpty else { return }
        self.add(title, "")
        for (name, value) in entries {
            if let value { self.add("  \(name):", value) }
        }
    }

    mutating func add(conditions: [Condition], style: TextStyle) {
        guard !conditions.isEmpty else { return }
        self.add("Conditions:", "")
        for condition in conditions {
            let type = condition.type ?? ""
            let message = condition.message.flatMap { $0.isEmpty ? nil : $0 } ?? condition.status ?? ""
            self.add("\(style.icon(condition: type)) \(type)", message)
        }
    }
}

/// What is said of a workflow in one or two words.
enum WorkflowWords {
    static func status(_ workflow: Workflow) -> String {
        switch workflow.status.phase {
        case .running: self.isSuspended(workflow) ? "Running (Suspended)" : "Running"
        case .failed: (workflow.spec.shutdown ?? "").isEmpty ? "Failed" : "Failed (Terminated)"
        case .unknown, .pending: workflow.metadata.creationTimestamp == nil ? "Unknown" : "Pending"
        case .succeeded, .error: workflow.status.phase.rawValue
        }
    }

    private static func isSuspended(_ workflow: Workflow) -> Bool {
        workflow.spec.suspend == true
            || workflow.status.nodes.values.contains { $0.isActiveSuspend }
    }
}
