import Model
import OrderedCollections

/// Shows how a workflow goes on: drawn anew in place on a terminal, and in a pipe as one line for each change of a node.
actor WorkflowScreen {
    private let console: Console
    private let selector: FieldSelector?
    private let prefix: String
    private var workflow: Workflow?
    private var phases: [String: NodePhase] = [:]
    /// How many lines the last drawing takes.
    private var drawnLines = 0

    /// - Parameter prefix: what stands before each line in a pipe, where several workflows are shown at once.
    init(console: Console, selector: FieldSelector? = nil, prefix: String = "") {
        self.console = console
        self.selector = selector
        self.prefix = prefix
    }

    func show(_ workflow: Workflow) {
        self.workflow = workflow
        if self.console.isTerminal { self.redraw() } else { self.printChanges(workflow) }
    }

    /// Draws the last state with the time that has passed since.
    func redraw() {
        guard let workflow, self.console.isTerminal else { return }
        let size = self.console.size()
        var lines = self.text(workflow).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        // A drawing taller than the terminal could not be drawn over: its end is where things happen.
        let hidden = lines.count - (size.lines - 1)
        if hidden > 0 { lines = lines.dropFirst(hidden) }
        var output = self.drawnLines > 0 ? "\u{1B}[\(self.drawnLines)A" : ""
        for line in lines { output += "\r\(line)\u{1B}[K\n" }
        output += "\u{1B}[J"
        self.drawnLines = lines.count
        self.console.write(output)
    }

    /// The last state in full, where it was not drawn.
    func finish() {
        guard let workflow, !self.console.isTerminal else { return }
        self.console.write(self.text(workflow))
    }

    private func text(_ workflow: Workflow) -> String {
        var text = WorkflowText(style: self.console.style(), now: self.console.now())
        text.selector = self.selector
        return text.text(workflow)
    }

    private func printChanges(_ workflow: Workflow) {
        for (id, node) in workflow.status.nodes where self.phases[id] != node.phase {
            self.phases[id] = node.phase
            guard self.selector?.matches(node) ?? true, node.type != .stepGroup, node.type != .taskGroup else {
                continue
            }
            let message = (node.message ?? "").isEmpty ? "" : ": \(node.message ?? "")"
            self.console.line("\(self.prefix)\(node.name) \(node.phase.rawValue)\(message)")
        }
    }
}
