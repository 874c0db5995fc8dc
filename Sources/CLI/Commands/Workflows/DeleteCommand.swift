import ArgumentParser
import Model

/// `delete`: removes workflows by name or by what they have in common.
struct DeleteCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "delete workflows",
        usage: """
            apus delete [--dry-run] [WORKFLOW...|[--all] [--older] [--completed] [--resubmitted] [--prefix PREFIX] \
            [--selector SELECTOR] [--force] [--status STATUS] ] [flags]
            """)

    @Argument(help: "Names of workflows, or @latest.")
    var workflows: [String] = []

    @Flag(name: .long, help: "Delete all workflows.")
    var all = false

    @Flag(name: [.customShort("A"), .long], help: "Delete workflows of all namespaces.")
    var allNamespaces = false

    @Flag(name: .long, help: "Delete completed workflows.")
    var completed = false

    @Flag(name: .long, help: "Delete resubmitted workflows.")
    var resubmitted = false

    @Flag(name: .long, help: "Delete nothing, only print what would be deleted.")
    var dryRun = false

    @Flag(name: .long, help: "Delete even where finalizers hold a workflow.")
    var force = false

    @Option(name: .long, parsing: .unconditional, help: "Delete workflows that finished before this span, e.g. 1d.")
    var older: String?

    @Option(name: .long, parsing: .unconditional, help: "Delete workflows whose names start with this.")
    var prefix: String?

    @Option(name: .long, parsing: .unconditional, help: "Ask for the list in pieces of this size.")
    var queryChunkSize = 0

    @Option(name: .long, parsing: .unconditionalSingleValue, help: "Delete workflows of these phases, by comma.")
    var status: [String] = []

    @OptionGroup var selection: SelectorOptions
    @OptionGroup var global: GlobalOptions

    private var hasFilter: Bool {
        self.all || self.allNamespaces || self.completed || self.resubmitted || self.prefix != nil
            || self.selection.isGiven || self.older != nil || !self.status.isEmpty
    }

    func run() async throws {
        guard !self.workflows.isEmpty || self.hasFilter else {
            throw CommandFailure.usage("requires either a workflow or other argument")
        }
        let client = try self.connect()
        var targets = self.workflows.map { (name: $0, namespace: client.namespace) }
        if self.hasFilter { targets += try await self.matching(client) }
        guard !targets.isEmpty else { return self.console.line("No resources found") }
        for (name, namespace) in targets {
            guard !self.dryRun else {
                self.console.line("Workflow '\(name)' deleted (dry-run)")
                continue
            }
            do {
                try await client.deleteWorkflow(name, namespace: namespace, isForced: self.force)
                self.console.line("Workflow '\(name)' deleted")
            } catch let error as RemoteError where error.isNotFound {
                self.console.line("Workflow '\(name)' not found")
            }
        }
    }

    private func matching(_ client: ArgoClient) async throws -> [(name: String, namespace: String)] {
        var options = WorkflowListOptions()
        options.status = self.status.flatMap { $0.split(separator: ",").map(String.init) }
        options.isCompleted = self.completed
        options.isResubmitted = self.resubmitted
        options.prefix = self.prefix ?? ""
        options.older = self.older
        options.chunkSize = self.queryChunkSize
        options.labelSelector = self.selection.selector ?? ""
        options.fieldSelector = self.selection.fieldSelector ?? ""
        options.fields = "metadata,items.metadata,items.status.phase,items.status.finishedAt"
        let namespace = self.allNamespaces ? nil : client.namespace
        return try await options.workflows(client, namespace: namespace, now: self.console.now())
            .map { (name: $0.name, namespace: $0.namespace) }
    }
}
