import Model
import OrderedCollections

/// Shows how workflows go on: drawn anew in place on a terminal, and in a pipe as one line for each change of a node.
actor WorkflowScreen {
    private let console: Console
    private let selector: FieldSelector?
    private let isLive: Bool
    private var workflows: OrderedDictionary<String, Workflow> = [:]
    private var phases: [String: NodePhase] = [:]
    /// How many lines the last drawing takes.
    private var drawnLines = 0
    private var drawnAt: Timestamp?
    /// Nobody sees more drawings than these.
    private static let shortestPause = GoDuration(nanoseconds: 50_000_000)

    /// A screen that shows changes as they come if it is live, and otherwise only the end.
    init(console: Console, selector: FieldSelector? = nil, isLive: Bool = true) {
        self.console = console
        self.selector = selector
        self.isLive = isLive
    }

    func show(_ workflow: Workflow) {
        self.workflows[workflow.metadata.uid] = workflow
        guard self.isLive else { return }
        guard self.console.isTerminal else { return self.printChanges(workflow) }
        let now = self.console.now()
        // What is left out here, the next tick draws.
        guard self.drawnAt.map({ now - $0 >= Self.shortestPause }) ?? true else { return }
        self.redraw()
    }

    /// Draws the last state with the time that has passed since.
    func redraw() {
        guard !self.workflows.isEmpty, self.isLive, self.console.isTerminal else { return }
        let size = self.console.size()
        self.drawnAt = self.console.now()
        var lines = self.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        // A drawing taller than the terminal could not be drawn over: its end is where things happen.
        let hidden = lines.count - (size.lines - 1)
        if hidden > 0 { lines = lines.dropFirst(hidden) }
        var output = self.drawnLines > 0 ? "\u{1B}[\(self.drawnLines)A" : ""
        // Without line wrapping a long message takes one line, as it is counted.
        output += "\u{1B}[?7l"
        for line in lines { output += "\r\(line)\u{1B}[K\n" }
        output += "\u{1B}[J\u{1B}[?7h"
        self.drawnLines = lines.count
        self.console.write(output)
    }

    /// The last state in full.
    func finish() {
        guard !self.workflows.isEmpty else { return }
        self.console.write((self.drawnLines > 0 ? "\u{1B}[\(self.drawnLines)A\r\u{1B}[J" : "") + self.text)
        self.drawnLines = 0
    }

    private var text: String {
        var text = WorkflowText(style: self.console.style(), now: self.console.now())
        text.selector = self.selector
        return self.workflows.values.map { text.text($0) }.joined(separator: "\n")
    }

    private func printChanges(_ workflow: Workflow) {
        for (id, node) in workflow.status.nodes {
            let key = "\(workflow.metadata.uid)/\(id)"
            guard self.phases[key] != node.phase else { continue }
            self.phases[key] = node.phase
            guard self.selector?.matches(node) ?? true, node.type != .stepGroup, node.type != .taskGroup else {
                continue
            }
            let message = (node.message ?? "").isEmpty ? "" : ": \(node.message ?? "")"
            self.console.line("\(node.name) \(node.phase.rawValue)\(message)")
        }
    }
}
