import Model
import OrderedCollections

/// Draws the nodes of a workflow as a table whose first column is a tree.
struct TreeTable {
    /// Which columns the table has.
    enum Columns: Sendable {
        case standard, wide, short
    }

    private let workflow: Workflow
    private let tree: NodeTree
    private let columns: Columns
    private let style: TextStyle
    private let selector: FieldSelector?
    private let now: Timestamp
    private var writer = TabWriter(padding: 2)

    init(
        _ workflow: Workflow, columns: Columns, style: TextStyle, selector: FieldSelector? = nil, now: Timestamp
    ) {
        self.workflow = workflow
        self.tree = NodeTree(workflow.status.nodes)
        self.columns = columns
        self.style = style
        self.selector = selector
        self.now = now
    }

    /// The table, or `nil` where the workflow has no nodes yet.
    static func text(
        _ workflow: Workflow, columns: Columns, style: TextStyle, selector: FieldSelector? = nil, now: Timestamp
    ) -> String? {
        guard workflow.status.nodes[workflow.metadata.name] != nil else { return nil }
        var table = TreeTable(workflow, columns: columns, style: style, selector: selector, now: now)
        table.draw()
        return table.writer.text
    }

    private mutating func draw() {
        let step = self.style.paint("STEP", .standard)
        switch self.columns {
        case .standard: self.writer.add([step, "TEMPLATE", "PODNAME", "DURATION", "MESSAGE"])
        case .short: self.writer.add([step, "TEMPLATE", "PODNAME", "DURATION", "MESSAGE", "NODENAME"])
        case .wide:
            self.writer.add([
                step, "TEMPLATE", "PODNAME", "DURATION", "ARTIFACTS", "MESSAGE", "RESOURCESDURATION", "NODENAME",
            ])
        }
        let name = self.workflow.metadata.name
        self.draw(name, prefix: " ", childPrefix: " ")
        let exitHandler = NodeNames.id(of: NodeNames.exitHandler(of: name), workflow: name)
        if let node = self.tree.nodes[exitHandler], node.boundaryID == nil {
            self.writer.add(["", "", "", "", "", ""])
            self.draw(exitHandler, prefix: " ", childPrefix: " ")
        }
    }

    /// Draws a node and what it holds.
    private mutating func draw(_ id: String, prefix: String, childPrefix: String) {
        guard let node = self.tree.nodes[id] else { return }
        let isHidden = self.isHidden(node)
        if !isHidden { self.addRow(node, prefix: prefix) }
        // The children of a hidden step group start on the group's own line.
        let isGroup = isHidden && node.type == .stepGroup
        let members = self.tree.members(of: id)
        for (index, member) in members.enumerated() {
            let branch = self.branch(index: index, of: members.count, isShown: !isHidden, isGroup: isGroup)
            let start = isHidden && index == 0 ? prefix : childPrefix
            self.draw(member, prefix: start + branch.mark, childPrefix: childPrefix + branch.space)
        }
    }

    private func branch(index: Int, of count: Int, isShown: Bool, isGroup: Bool) -> (mark: String, space: String) {
        let isUnicode = self.style.isUnicode
        let bar = isUnicode ? "│ " : "| "
        if isGroup && count == 1 { return (isUnicode ? "──" : "--", "  ") }
        if isGroup && index == 0 { return (isUnicode ? "┬─" : "+-", bar) }
        guard isShown || isGroup else { return ("", "") }
        return index == count - 1 ? (isUnicode ? "└─" : "`-", "  ") : (isUnicode ? "├─" : "|-", bar)
    }

    private func isHidden(_ node: NodeStatus) -> Bool {
        if node.type == .retry && node.children.count == 1 { return true }
        if node.type == .stepGroup { return true }
        if node.type == .skipped && node.phase == .omitted { return true }
        return self.selector.map { !$0.matches(node) } ?? false
    }

    private mutating func addRow(_ node: NodeStatus, prefix: String) {
        let icon = node.isActiveSuspend ? self.style.suspendedIcon : self.style.icon(node.phase)
        let first = "\(prefix)\(icon) \(node.displayName)"
        let isPod = node.type == .pod
        let podName = isPod ? PodNames.name(of: node, in: self.workflow) : ""
        let duration =
            isPod ? Humanize.shortDuration(from: node.startedAt, to: node.finishedAt, now: self.now) : ""
        let message = (node.message ?? "").split(whereSeparator: \.isNewline).joined(separator: " ")
        let host = isPod ? node.hostNodeName ?? "" : ""
        let template = node.templateRef.map { "\($0.name)/\($0.template)" } ?? node.templateName ?? ""
        switch self.columns {
        case .standard: self.writer.add([first, template, podName, duration, message, ""])
        case .short: self.writer.add([first, template, podName, duration, message, host])
        case .wide:
            let artifacts = node.outputs?.artifacts.map(\.name).joined(separator: ",") ?? ""
            self.writer.add([
                first, template, podName, duration, artifacts, message,
                ResourceAmounts.text(node.resourcesDuration), host,
            ])
        }
    }
}

/// The names of a workflow's pods.
enum PodNames {
    static func name(of node: NodeStatus, in workflow: Workflow) -> String {
        if workflow.metadata.annotations["workflows.argoproj.io/pod-name-format"] == "v1" { return node.id }
        let template = node.calledTemplate
        return NodeNames.podName(of: node.name, template: template, workflow: workflow.metadata.name)
    }
}

/// What a node has used, as `7s*(100Mi memory)`.
enum ResourceAmounts {
    static func text(_ amounts: IntMap) -> String {
        amounts.map { name, seconds in
            let unit =
                switch name {
                case "memory": "100Mi"
                case "storage", "ephemeral-storage": "10Gi"
                default: "1"
                }
            return "\(GoDuration(nanoseconds: Int64(seconds) * 1_000_000_000))*(\(unit) \(name))"
        }.joined(separator: ",")
    }
}
