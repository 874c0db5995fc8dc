import Model
import OrderedCollections

/// Workflows as a table: what `list` prints.
struct WorkflowTable {
    var isWide = false
    var hasHeaders = true
    var hasNamespaces = false
    var hasUIDs = false
    var now: Timestamp

    private static let longestParameter = 50
    private static let shownParameterEnd = 15

    init(now: Timestamp) { self.now = now }

    func text(_ workflows: [Workflow]) -> String {
        var writer = TabWriter(padding: 3)
        if self.hasHeaders {
            var cells = self.hasNamespaces ? ["NAMESPACE"] : []
            cells += ["NAME", "STATUS", "AGE", "DURATION", "PRIORITY", "MESSAGE"]
            if self.isWide { cells += ["P/R/C", "PARAMETERS"] }
            if self.hasUIDs { cells.append("UID") }
            writer.add(cells)
        }
        for workflow in workflows { writer.add(self.cells(workflow)) }
        return writer.text
    }

    private func cells(_ workflow: Workflow) -> [String] {
        let (metadata, status) = (workflow.metadata, workflow.status)
        var cells = self.hasNamespaces ? [metadata.namespace] : []
        cells += [
            metadata.name, WorkflowWords.status(workflow),
            Humanize.shortDuration(from: metadata.creationTimestamp, to: self.now, now: self.now),
            Humanize.shortDuration(from: status.startedAt, to: status.finishedAt, now: self.now),
            String(workflow.spec.priority ?? 0), status.message ?? "",
        ]
        if self.isWide { cells += [self.podCounts(status), self.parameters(workflow.spec.arguments.parameters)] }
        if self.hasUIDs { cells.append(metadata.uid) }
        return cells
    }

    /// How many pods are pending, running and completed.
    private func podCounts(_ status: WorkflowStatus) -> String {
        var (pending, running, completed) = (0, 0, 0)
        for node in status.nodes.values where node.type == .pod {
            switch node.phase {
            case .pending: pending += 1
            case .running: running += 1
            case .succeeded, .skipped, .failed, .error, .omitted: completed += 1
            }
        }
        return "\(pending)/\(running)/\(completed)"
    }

    private func parameters(_ parameters: [Parameter]) -> String {
        parameters.compactMap { parameter in
            parameter.value.map { "\(parameter.name)=\(self.shortened($0))" }
        }.joined(separator: ",")
    }

    private func shortened(_ value: String) -> String {
        guard value.count > Self.longestParameter else { return value }
        let kept = Self.longestParameter - 3 - Self.shownParameterEnd
        return "\(value.prefix(kept))...\(value.suffix(Self.shownParameterEnd))"
    }
}
