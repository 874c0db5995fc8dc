import ArgumentParser
import JSON
import OrderedCollections

/// `retry`: runs what failed once more, in the same workflow.
struct RetryCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "retry", abstract: "retry zero or more workflows")

    @Argument(help: "Names of workflows, or @latest.")
    var workflows: [String] = []

    @OptionGroup var changes: RetryOptions
    @OptionGroup var follow: FollowOptions
    @OptionGroup var output: OutputOptions<ObjectOutput>
    @OptionGroup var selection: SelectorOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        guard !self.workflows.isEmpty || self.selection.isGiven else {
            throw CommandFailure.usage("requires either node field selector or workflow")
        }
        let format = self.output.output
        let body = try self.changes.body()
        let client = try self.connect()
        let targets = try await self.selection.targets(self.workflows, client)
        try await WorkflowRepeater(client: client, format: format, follow: self.follow).apply(to: targets) { target in
            try await client.act("retry", on: target.name, namespace: target.namespace, body: body)
        }
    }
}

/// `resubmit`: a new workflow as the old one was.
struct ResubmitCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "resubmit", abstract: "resubmit one or more workflows")

    @Argument(help: "Names of workflows, or @latest.")
    var workflows: [String] = []

    @OptionGroup var changes: ResubmitOptions
    @OptionGroup var follow: FollowOptions
    @OptionGroup var output: OutputOptions<ObjectOutput>
    @OptionGroup var selection: SelectorOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let format = self.output.output
        let body = self.changes.body
        let client = try self.connect()
        let targets = try await self.selection.targets(self.workflows, client)
        try await WorkflowRepeater(client: client, format: format, follow: self.follow).apply(to: targets) { target in
            try await client.act("resubmit", on: target.name, namespace: target.namespace, body: body)
        }
    }
}
