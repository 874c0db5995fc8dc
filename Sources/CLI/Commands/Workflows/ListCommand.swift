import ArgumentParser
import JSON
import Model

/// Which workflows `list` and `delete` mean.
struct WorkflowListOptions {
    var status: [String] = []
    var isCompleted = false
    var isRunning = false
    var isResubmitted = false
    var prefix = ""
    var since: String?
    var older: String?
    var chunkSize = 0
    var labelSelector = ""
    var fieldSelector = ""
    var fields = ""

    private static let phaseLabel = "workflows.argoproj.io/phase"
    private static let phases = WorkflowPhase.allCases.map(\.rawValue).filter { !$0.isEmpty }
    private static let completedLabel = "workflows.argoproj.io/completed"
    private static let previousLabel = "workflows.argoproj.io/resubmitted-from-workflow"

    /// The workflows, the unfinished first and then by when they finished, the latest first.
    func workflows(_ client: ArgoClient, namespace: String?, now: Timestamp) async throws -> [WorkflowDocument] {
        var filter = WorkflowFilter(namespace: namespace)
        filter.labelSelector = try self.selector()
        filter.fieldSelector = self.fieldSelector
        filter.fields = self.fields
        filter.chunkSize = self.chunkSize
        let created = try self.since.map { try Self.moment($0, before: now) }
        let finished = try self.older.map { try Self.moment($0, before: now) }
        return try await client.workflows(filter).filter { document in
            let workflow = document.workflow
            if !document.name.hasPrefix(self.prefix) { return false }
            if let created, (workflow.metadata.creationTimestamp ?? now) <= created { return false }
            if let finished {
                guard let end = workflow.status.finishedAt, end < finished else { return false }
            }
            return true
        }.sorted { Self.precedes($0.workflow, $1.workflow) }
    }

    private func selector() throws(CommandFailure) -> String {
        for phase in self.status where !Self.phases.contains(phase) {
            throw CommandFailure(
                "invalid argument \"\(phase)\" for \"--status\" flag: one of \(Self.phases.joined(separator: ", "))")
        }
        if self.isCompleted && self.isRunning {
            throw CommandFailure("--completed and --running cannot be used together")
        }
        var terms = self.labelSelector.isEmpty ? [] : [self.labelSelector]
        if !self.status.isEmpty { terms.append("\(Self.phaseLabel) in (\(self.status.joined(separator: ",")))") }
        if self.isCompleted { terms.append("\(Self.completedLabel)=true") }
        if self.isRunning { terms.append("\(Self.completedLabel)!=true") }
        if self.isResubmitted { terms.append(Self.previousLabel) }
        return terms.joined(separator: ",")
    }

    static func precedes(_ left: Workflow, _ right: Workflow) -> Bool {
        switch (left.status.finishedAt, right.status.finishedAt) {
        case (let first?, let second?): return first > second
        case (nil, nil):
            let created = (left.metadata.creationTimestamp, right.metadata.creationTimestamp)
            return (created.0?.nanoseconds ?? 0) > (created.1?.nanoseconds ?? 0)
        case (nil, _?): return true
        case (_?, nil): return false
        }
    }

    /// The moment that lies a span such as `10m`, `3h` or `1d` before now.
    static func moment(_ span: String, before now: Timestamp) throws(CommandFailure) -> Timestamp {
        if span.hasSuffix("d"), let days = Int64(span.dropLast()), days >= 0, days < 1_000_000 {
            return now - GoDuration(seconds: days * 86_400)
        }
        guard let duration = GoDuration(span), duration >= .zero else {
            throw CommandFailure("unable to parse \"\(span)\": write a span such as 10m, 3h or 1d")
        }
        return now - duration
    }
}

/// `list`: the workflows of a namespace or of all.
struct ListCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "list workflows", aliases: ["ls"])

    @Flag(name: [.customShort("A"), .long], help: "Show workflows of all namespaces.")
    var allNamespaces = false

    @Flag(name: .long, help: "Show running workflows.")
    var running = false

    @Flag(name: .long, help: "Show completed workflows.")
    var completed = false

    @Flag(name: .long, help: "Show resubmitted workflows.")
    var resubmitted = false

    @Option(name: .long, parsing: .unconditionalSingleValue, help: "Show workflows of these phases, by comma.")
    var status: [String] = []

    @Option(name: .long, parsing: .unconditional, help: "Show workflows whose names start with this.")
    var prefix: String?

    @Option(name: .long, parsing: .unconditional, help: "Show workflows created within this span, for example 10m.")
    var since: String?

    @Option(name: .long, parsing: .unconditional, help: "Show workflows that finished before this span, e.g. 1d.")
    var older: String?

    @Option(name: .long, parsing: .unconditional, help: "Ask for the list in pieces of this size; 0: at once.")
    var chunkSize = 0

    @Flag(name: .long, help: "Do not print the headers.")
    var noHeaders = false

    @OptionGroup var selection: SelectorOptions
    @OptionGroup var output: OutputOptions<ObjectOutput>
    @OptionGroup var global: GlobalOptions

    private static let nameFields =
        "metadata,items.metadata.name,items.metadata.creationTimestamp,items.status.finishedAt"
    private static let tableFields =
        "metadata,items.metadata,items.spec,items.status.phase,items.status.message,items.status.finishedAt,"
        + "items.status.startedAt,items.status.estimatedDuration,items.status.progress"

    func run() async throws {
        let format = self.output.output
        let client = try self.connect()
        var options = WorkflowListOptions()
        options.status = self.status.flatMap { $0.split(separator: ",").map(String.init) }
        options.isCompleted = self.completed
        options.isRunning = self.running
        options.isResubmitted = self.resubmitted
        options.prefix = self.prefix ?? ""
        options.since = self.since
        options.older = self.older
        options.chunkSize = self.chunkSize
        options.labelSelector = self.selection.selector ?? ""
        options.fieldSelector = self.selection.fieldSelector ?? ""
        options.fields =
            switch format {
            case .name: Self.nameFields
            case .json, .yaml, .wide: ""
            case .short, nil: Self.tableFields
            }
        let namespace = self.allNamespaces ? nil : client.namespace
        let workflows = try await options.workflows(client, namespace: namespace, now: self.console.now())
        var table = WorkflowTable(now: self.console.now())
        table.hasHeaders = !self.noHeaders
        table.hasNamespaces = self.allNamespaces
        self.console.write(WorkflowListText.text(workflows, format: format, table: table))
    }
}

/// A list of workflows in one of the output formats.
enum WorkflowListText {
    static func text(_ workflows: [WorkflowDocument], format: OutputFormat?, table: WorkflowTable) -> String {
        switch format {
        case .json:
            workflows.isEmpty
                ? "[]\n" : DocumentText.json(.array(workflows.map(\.json)), indentation: 2) + "\n"
        case .yaml: workflows.isEmpty ? "[]\n" : DocumentText.yaml(.array(workflows.map(\.json))) + "\n"
        case .name:
            workflows.isEmpty ? "No workflows found\n" : workflows.map { $0.name + "\n" }.joined()
        case .wide, .short, nil:
            workflows.isEmpty ? "No workflows found\n" : self.table(workflows, isWide: format == .wide, table)
        }
    }

    private static func table(_ workflows: [WorkflowDocument], isWide: Bool, _ table: WorkflowTable) -> String {
        var table = table
        table.isWide = isWide
        return table.text(workflows.map(\.workflow))
    }
}
