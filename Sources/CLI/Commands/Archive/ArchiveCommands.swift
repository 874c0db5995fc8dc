import ArgumentParser
import JSON
import Model
import OrderedCollections

/// `archive`: completed workflows that were put aside.
struct ArchiveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive", abstract: "manage the workflow archive",
        subcommands: [
            ArchiveDelete.self, ArchiveGet.self, ArchiveList.self, ArchiveLabelKeys.self, ArchiveLabelValues.self,
            ArchiveResubmit.self, ArchiveRetry.self,
        ])
}

/// Whether a workflow of the archive is meant by its name or by its uid.
struct ArchiveIdentityOptions: ParsableArguments {
    @Flag(name: .customLong("name"), help: "Take the argument as a name.")
    var isName = false

    @Flag(name: .customLong("uid"), help: "Take the argument as a uid.")
    var isUID = false

    mutating func validate() throws {
        guard self.isName && self.isUID else { return }
        throw ValidationError("if any flags in the group [name uid] are set none of the others can be")
    }

    /// The uid of a workflow that is given by name or uid.
    func uid(_ identifier: String, _ client: ArgoClient, now: Timestamp) async throws -> String {
        if self.isUID || (!self.isName && Self.looksLikeUID(identifier)) { return identifier }
        let page = try await client.get(
            ["api", "v1", "archived-workflows"],
            [("nameFilter", "Exact"), ("namePrefix", identifier), ("namespace", client.namespace)])
        let matches = try (page["items"]?.arrayValue ?? []).map { try WorkflowDocument($0) }
        guard let first = matches.first else {
            throw CommandFailure("resolve UID: archived workflow '\(identifier)' not found")
        }
        guard matches.count == 1 else {
            let lines = matches.map { document in
                let workflow = document.workflow
                let created = workflow.metadata.creationTimestamp.map { Humanize.moment($0, now: now) } ?? ""
                let finished = workflow.status.finishedAt.map { Humanize.moment($0, now: now) } ?? ""
                return "  \(workflow.metadata.uid) (Created: \(created), Finished: \(finished))\n"
            }
            throw CommandFailure(
                "resolve UID: Multiple archived workflows found with name '\(identifier)':\n"
                    + lines.joined() + "Please specify the UID.")
        }
        return first.workflow.metadata.uid
    }

    private static func looksLikeUID(_ text: String) -> Bool {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        return groups.map(\.count) == [8, 4, 4, 4, 12] && groups.joined().allSatisfy(\.isHexDigit)
    }
}

struct ArchiveList: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "list workflows in the archive")

    @Option(
        name: [.customShort("l", allowingJoined: true), .long], parsing: .unconditional, help: "Label selector.")
    var selector: String?

    @Option(name: .long, parsing: .unconditional, help: "Ask for the list in pieces of this size; 0: at once.")
    var chunkSize = 0

    @OptionGroup var output: OutputOptions<ObjectOutput>
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let format = self.output.output ?? .wide
        let client = try self.connect()
        let documents = try await ArchiveAPI(client).list(selector: self.selector ?? "", chunkSize: self.chunkSize)
        var table = WorkflowTable(now: self.console.now())
        table.hasNamespaces = true
        table.hasUIDs = true
        self.console.write(WorkflowListText.text(documents, format: format, table: table))
    }
}

struct ArchiveGet: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "get", abstract: "get a workflow in the archive")

    @Argument(help: "Name or uid of a workflow.")
    var workflow: [String] = []

    @OptionGroup var identity: ArchiveIdentityOptions
    @OptionGroup var output: OutputOptions<ObjectOutput>
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        guard self.workflow.count == 1 else {
            throw CommandFailure.usage("accepts 1 arg(s), received \(self.workflow.count)")
        }
        let format = self.output.output
        let client = try self.connect()
        let uid = try await self.identity.uid(self.workflow[0], client, now: self.console.now())
        let document = try WorkflowDocument(await client.get(["api", "v1", "archived-workflows", uid]))
        WorkflowPrinter(self.console, format: format == .wide ? nil : format).print(document)
    }
}

struct ArchiveDelete: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "delete a workflow in the archive")

    @Argument(help: "Names or uids of workflows.")
    var workflows: [String] = []

    @OptionGroup var identity: ArchiveIdentityOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let client = try self.connect()
        for identifier in self.workflows {
            let uid = try await self.identity.uid(identifier, client, now: self.console.now())
            try await client.delete(["api", "v1", "archived-workflows", uid])
            self.console.line("Archived workflow '\(identifier)' deleted")
        }
    }
}

struct ArchiveRetry: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "retry zero or more workflows of the archive")

    @Argument(help: "Names or uids of workflows.")
    var workflows: [String] = []

    @OptionGroup var changes: RetryOptions
    @OptionGroup var identity: ArchiveIdentityOptions
    @OptionGroup var follow: FollowOptions
    @OptionGroup var selection: SelectorOptions
    @OptionGroup var output: OutputOptions<ObjectOutput>
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let body = try self.changes.body()
        let archive = ArchiveAPI(try self.connect())
        let uids = try await archive.uids(self.workflows, self.identity, self.selection, now: self.console.now())
        try await WorkflowRepeater(client: archive.client, format: self.output.output, follow: self.follow)
            .apply(to: uids) { try await archive.act("retry", on: $0, body: body) }
    }
}

struct ArchiveResubmit: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "resubmit", abstract: "resubmit one or more workflows of the archive")

    @Argument(help: "Names or uids of workflows.")
    var workflows: [String] = []

    @OptionGroup var changes: ResubmitOptions
    @OptionGroup var identity: ArchiveIdentityOptions
    @OptionGroup var follow: FollowOptions
    @OptionGroup var selection: SelectorOptions
    @OptionGroup var output: OutputOptions<ObjectOutput>
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let body = self.changes.body
        let archive = ArchiveAPI(try self.connect())
        let uids = try await archive.uids(self.workflows, self.identity, self.selection, now: self.console.now())
        try await WorkflowRepeater(client: archive.client, format: self.output.output, follow: self.follow)
            .apply(to: uids) { try await archive.act("resubmit", on: $0, body: body) }
    }
}

struct ArchiveLabelKeys: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "list-label-keys", abstract: "list workflows label keys in the archive")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let keys = try await self.connect().get(["api", "v1", "archived-workflows-label-keys"])
        for key in keys["items"]?.arrayValue ?? [] { self.console.line(key.stringValue ?? "") }
    }
}

struct ArchiveLabelValues: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "list-label-values", abstract: "get workflow label values in the archive")

    @Option(
        name: [.customShort("l", allowingJoined: true), .long], parsing: .unconditional, help: "The label's key.")
    var selector: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let values = try await self.connect().get(
            ["api", "v1", "archived-workflows-label-values"], [("listOptions.labelSelector", self.selector)])
        for value in values["items"]?.arrayValue ?? [] { self.console.line(value.stringValue ?? "") }
    }
}
