import ArgumentParser
import JSON
import OrderedCollections

/// `stop`: ends workflows, and lets their exit handlers run.
struct StopCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "stop zero or more workflows allowing all exit handlers to run")

    @Argument(help: "Names of workflows, or @latest.")
    var workflows: [String] = []

    @Flag(name: .long, help: "Stop nothing, only print what would be stopped.")
    var dryRun = false

    @Option(name: .long, parsing: .unconditional, help: "Message of the nodes that were running.")
    var message: String?

    @Option(name: .long, parsing: .unconditional, help: "Stop only nodes that match, e.g. displayName=approve.")
    var nodeFieldSelector: String?

    @OptionGroup var selection: SelectorOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        guard !self.workflows.isEmpty || self.selection.isGiven else {
            throw CommandFailure.usage("requires either selector or workflow")
        }
        let selector = try checkedNodeSelector(self.nodeFieldSelector)
        let client = try self.connect()
        for (name, namespace) in try await self.selection.targets(self.workflows, client) {
            guard !self.dryRun else {
                self.console.line("workflow \(name) stopped (dry-run)")
                continue
            }
            let body: JSONObject = [
                "nodeFieldSelector": .string(selector), "message": .string(self.message ?? ""),
            ]
            let stopped = try await client.act("stop", on: name, namespace: namespace, body: body)
            self.console.line("workflow \(stopped.name) stopped")
        }
    }
}

/// `terminate`: ends workflows at once.
struct TerminateCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "terminate", abstract: "terminate zero or more workflows immediately")

    @Argument(help: "Names of workflows, or @latest.")
    var workflows: [String] = []

    @Flag(name: .long, help: "Terminate nothing, only print what would be terminated.")
    var dryRun = false

    @OptionGroup var selection: SelectorOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        guard !self.workflows.isEmpty || self.selection.isGiven else {
            throw CommandFailure.usage("requires either selector or workflow")
        }
        let client = try self.connect()
        for (name, namespace) in try await self.selection.targets(self.workflows, client) {
            guard !self.dryRun else {
                self.console.line("workflow \(name) terminated (dry-run)")
                continue
            }
            let terminated = try await client.act("terminate", on: name, namespace: namespace)
            self.console.line("workflow \(terminated.name) terminated")
        }
    }
}
