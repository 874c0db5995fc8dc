import ArgumentParser
import JSON
import OrderedCollections

/// `retry`: runs what failed once more, in the same workflow.
struct RetryCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "retry", abstract: "retry zero or more workflows")

    @Argument(help: "Names of workflows, or @latest.")
    var workflows: [String] = []

    @Flag(name: .long, help: "Also run successful nodes that match --node-field-selector.")
    var restartSuccessful = false

    @Option(name: .long, parsing: .unconditional, help: "Nodes to run once more, e.g. displayName=fetch.")
    var nodeFieldSelector: String?

    @Option(
        name: [.customShort("p", allowingJoined: true), .long], parsing: .unconditionalSingleValue,
        help: "An input parameter to change, as name=value. May be repeated.")
    var parameter: [String] = []

    @OptionGroup var follow: FollowOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var selection: SelectorOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        guard !self.workflows.isEmpty || self.selection.isGiven else {
            throw CommandFailure.usage("requires either node field selector or workflow")
        }
        let format = try OutputFormat.checked(self.output.output, among: [.name, .json, .yaml, .wide])
        let body: JSONObject = [
            "restartSuccessful": .bool(self.restartSuccessful),
            "nodeFieldSelector": .string(try checkedNodeSelector(self.nodeFieldSelector)),
            "parameters": .array(self.parameter.map { .string($0) }),
        ]
        let client = try self.connect()
        let repeater = WorkflowRepeater(client: client, console: self.console, format: format)
        try await repeater.apply(
            "retry", to: try await self.selection.targets(self.workflows, client), body: body, then: self.follow)
    }
}

/// `resubmit`: a new workflow as the old one was.
struct ResubmitCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "resubmit", abstract: "resubmit one or more workflows")

    @Argument(help: "Names of workflows, or @latest.")
    var workflows: [String] = []

    @Flag(name: .long, help: "Take over what succeeded, with its outputs.")
    var memoized = false

    @Option(
        name: [.customShort("p", allowingJoined: true), .long], parsing: .unconditionalSingleValue,
        help: "An input parameter to change, as name=value. May be repeated.")
    var parameter: [String] = []

    @Option(name: .long, parsing: .unconditional, help: "Priority of the workflow.")
    var priority: Int?

    @OptionGroup var follow: FollowOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var selection: SelectorOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let format = try OutputFormat.checked(self.output.output, among: [.name, .json, .yaml, .wide])
        let body: JSONObject = [
            "memoized": .bool(self.memoized), "parameters": .array(self.parameter.map { .string($0) }),
        ]
        let client = try self.connect()
        let repeater = WorkflowRepeater(client: client, console: self.console, format: format)
        try await repeater.apply(
            "resubmit", to: try await self.selection.targets(self.workflows, client), body: body, then: self.follow)
    }
}

/// Repeats workflows and follows the one that was repeated, if it is the only one.
struct WorkflowRepeater {
    let client: ArgoClient
    let console: Console
    let format: OutputFormat?

    func apply(
        _ verb: String, to targets: [(name: String, namespace: String)], body: JSONObject, then follow: FollowOptions
    ) async throws {
        var repeated: [WorkflowDocument] = []
        for (name, namespace) in targets {
            let document = try await self.client.act(verb, on: name, namespace: namespace, body: body)
            WorkflowPrinter(self.console, format: self.format).print(document)
            repeated.append(document)
        }
        guard repeated.count == 1 else { return }
        try await follow.follow(
            [repeated[0].name], namespace: repeated[0].namespace, client: self.client,
            isQuiet: self.format != nil && self.format != .wide)
    }
}
