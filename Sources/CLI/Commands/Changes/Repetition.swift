import ArgumentParser
import JSON
import OrderedCollections

/// What `retry` and `archive retry` may change.
struct RetryOptions: ParsableArguments {
    @Flag(name: .long, help: "Also run successful nodes that match --node-field-selector.")
    var restartSuccessful = false

    @Option(name: .long, parsing: .unconditional, help: "Nodes to run once more, e.g. displayName=fetch.")
    var nodeFieldSelector: String?

    @Option(
        name: [.customShort("p", allowingJoined: true), .long], parsing: .unconditionalSingleValue,
        help: "An input parameter to change, as name=value. May be repeated.")
    var parameter: [String] = []

    /// What a request says of them.
    func body() throws -> JSONObject {
        [
            "restartSuccessful": .bool(self.restartSuccessful),
            "nodeFieldSelector": .string(try checkedNodeSelector(self.nodeFieldSelector)),
            "parameters": .array(self.parameter.map { .string($0) }),
        ]
    }
}

/// What `resubmit` and `archive resubmit` may change.
struct ResubmitOptions: ParsableArguments {
    @Flag(name: .long, help: "Take over what succeeded, with its outputs.")
    var memoized = false

    @Option(
        name: [.customShort("p", allowingJoined: true), .long], parsing: .unconditionalSingleValue,
        help: "An input parameter to change, as name=value. May be repeated.")
    var parameter: [String] = []

    @Option(name: .long, parsing: .unconditional, help: "Priority of the workflow.")
    var priority: Int?

    /// What a request says of them.
    var body: JSONObject {
        ["memoized": .bool(self.memoized), "parameters": .array(self.parameter.map { .string($0) })]
    }
}

/// Repeats workflows, prints what came of it, and follows the one that was repeated, if it is the only one.
struct WorkflowRepeater {
    let client: ArgoClient
    let format: OutputFormat?
    let follow: FollowOptions

    func apply<Target>(to targets: [Target], _ act: (Target) async throws -> WorkflowDocument) async throws {
        var repeated: [WorkflowDocument] = []
        for target in targets {
            let document = try await act(target)
            WorkflowPrinter(.current, format: self.format).print(document)
            repeated.append(document)
        }
        guard repeated.count == 1 else { return }
        try await self.follow.follow(
            [repeated[0].name], namespace: repeated[0].namespace, client: self.client,
            isQuiet: self.format != nil && self.format != .wide)
    }
}
