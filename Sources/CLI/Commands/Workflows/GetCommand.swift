import ArgumentParser
import Model

/// `get`: one workflow or several in full.
struct GetCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "get", abstract: "display details about a workflow")

    @Argument(help: "Names of workflows; @latest is the one made last.")
    var workflows: [String] = []

    @Flag(name: .long, help: "Print without colours.")
    var noColor = false

    @Flag(name: .customLong("no-utf8"), help: "Print plain ASCII characters only.")
    var noUTF8 = false

    @OptionGroup var filter: NodeFilterOptions
    @OptionGroup var output: OutputOptions<TreeOutput>
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        guard !self.workflows.isEmpty else {
            throw CommandFailure.usage("requires at least 1 arg(s), only received 0")
        }
        let client = try self.connect()
        let printer = WorkflowPrinter(
            self.console, format: self.output.output,
            style: self.console.style(noColor: self.noColor, noUTF8: self.noUTF8),
            selector: try self.filter.selector())
        for name in self.workflows { printer.print(try await client.workflow(name)) }
    }
}

/// `watch`: a workflow until it has completed.
struct WatchCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "watch a workflow until it completes")

    @Argument(help: "The workflow's name, or @latest.")
    var workflow: [String] = []

    @OptionGroup var filter: NodeFilterOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        guard self.workflow.count == 1 else {
            throw CommandFailure.usage("accepts 1 arg(s), received \(self.workflow.count)")
        }
        let client = try self.connect()
        try await WorkflowFollower(client: client, namespace: client.namespace)
            .watch(self.workflow[0], selector: try self.filter.selector())
    }
}

/// `wait`: until workflows have completed.
struct WaitCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "wait", abstract: "waits for workflows to complete")

    @Argument(help: "Names of workflows, or @latest.")
    var workflows: [String] = []

    @Flag(name: .long, help: "Do not fail where a workflow is not found.")
    var ignoreNotFound = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let client = try self.connect()
        try await WorkflowFollower(client: client, namespace: client.namespace)
            .wait(self.workflows, ignoresMissing: self.ignoreNotFound)
    }
}
