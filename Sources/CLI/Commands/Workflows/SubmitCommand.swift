import ArgumentParser
import JSON
import Model

/// `submit`: makes workflows from files or from a stored object.
struct SubmitCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "submit a workflow",
        usage: "apus submit [FILE... | --from kind/name] [flags]",
        discussion: """
            EXAMPLES:
              apus submit my-wf.yaml
              apus submit --watch my-wf.yaml -p message=hello
              apus submit --from cronwf/my-cron-wf
              cat my-wf.yaml | apus submit -
            """)

    @Argument(help: "Files or URLs of workflows; - reads standard input.")
    var files: [String] = []

    @OptionGroup var edits: SubmitEditOptions
    @OptionGroup var follow: FollowOptions
    @OptionGroup var filter: NodeFilterOptions
    @OptionGroup var output: OutputOptions<ObjectOutput>

    @Option(name: .long, parsing: .unconditional, help: "Submit from a stored object, for example cronwf/hello.")
    var from: String?

    @Flag(name: .long, help: "Change the workflow here, and print it instead of submitting it.")
    var dryRun = false

    @Flag(name: .long, help: "Let the server check the workflow without storing it.")
    var serverDryRun = false

    @Flag(name: .long, inversion: .prefixedNo, help: "Refuse members that a workflow does not know.")
    var strict = true

    @Option(name: .long, parsing: .unconditional, help: "Priority of the workflow.")
    var priority: Int?

    @Option(
        name: .long, parsing: .unconditional,
        help: "The scheduled time that the workflow sees (RFC 3339), with --from.")
    var scheduledTime: String?

    @OptionGroup var global: GlobalOptions

    private var format: OutputFormat? { self.output.output }

    func run() async throws {
        if self.from != nil && !self.files.isEmpty {
            throw CommandFailure.usage("cannot combine --from with file arguments")
        }
        var options = try await self.edits.options()
        options.priority = self.priority
        if let instance = self.global.instanceid ?? self.console.variable("ARGO_INSTANCEID") {
            let label = "workflows.argoproj.io/controller-instanceid=\(instance)"
            options.labels = options.labels.map { "\($0),\(label)" } ?? label
        }
        if self.filter.status != nil, !self.follow.watch {
            self.log("WARN", "--status should only be used with --watch")
        }
        if let source = self.from { return try await self.submit(from: source, options) }
        let workflows = try await self.workflows()
        try self.checkOptions(count: workflows.count)
        guard !workflows.isEmpty else {
            let names = self.files.map { $0 == Manifests.standardInput ? "stdin" : $0 }.joined(separator: ", ")
            throw CommandFailure("no workflow found in given files" + (names.isEmpty ? "" : ": \(names)"))
        }
        try await self.submit(workflows, options)
    }

    private func submit(_ workflows: [ManifestDocument], _ options: SubmitOptions) async throws {
        let client = try self.connect()
        let printer = WorkflowPrinter(self.console, format: self.format, selector: try self.filter.selector())
        var names: [String] = []
        for manifest in workflows {
            let namespace = manifest.namespace ?? client.namespace
            let document = try SubmitEdits.apply(options, to: manifest.json)
            if self.dryRun {
                printer.print(try WorkflowDocument(document))
                continue
            }
            let created: WorkflowDocument
            do {
                created = try await client.createWorkflow(
                    document, namespace: namespace, isServerDryRun: self.serverDryRun)
            } catch let error as RemoteError {
                throw CommandFailure("failed to submit workflow: \(error)")
            }
            printer.print(created)
            names.append(created.name)
        }
        guard !self.dryRun && !self.serverDryRun else { return }
        let namespace = workflows.first?.namespace ?? client.namespace
        try await self.follow.follow(
            names, namespace: namespace, client: client, isQuiet: self.format != nil && self.format != .wide,
            selector: printer.selector)
    }

    private func submit(from source: String, _ options: SubmitOptions) async throws {
        guard let slash = source.firstIndex(of: "/") else {
            throw CommandFailure(
                "resource identifier '\(source)' is malformed. Should be `kind/name`, e.g. cronwf/hello-world-cwf")
        }
        try self.checkOptions(count: 1)
        var options = options
        if let time = self.scheduledTime {
            guard Timestamp(time) != nil else {
                throw CommandFailure(
                    "scheduled-time contains invalid time.RFC3339 format. (e.g.: `2006-01-02T15:04:05-07:00`)")
            }
            options.annotations = "workflows.argoproj.io/scheduled-time=\(time)"
        }
        options.dryRun = self.dryRun
        options.serverDryRun = self.serverDryRun
        let client = try self.connect()
        let created: WorkflowDocument
        do {
            created = try await client.submit(
                kind: String(source[..<slash]), name: String(source[source.index(after: slash)...]), options: options)
        } catch let error as RemoteError {
            throw CommandFailure("failed to submit workflow: \(error)")
        }
        WorkflowPrinter(self.console, format: self.format).print(created)
        guard !self.dryRun && !self.serverDryRun else { return }
        try await self.follow.follow(
            [created.name], namespace: client.namespace, client: client,
            isQuiet: self.format != nil && self.format != .wide, selector: try self.filter.selector())
    }

    private func workflows() async throws -> [ManifestDocument] {
        var workflows: [ManifestDocument] = []
        for path in self.files {
            let bytes = try await Manifests.contents(path)
            do {
                for manifest in try Manifests.parse(bytes, source: path, isStrict: self.strict) {
                    guard manifest.kind == "Workflow" || (manifest.kind.isEmpty && bytes.first == UInt8(ascii: "{"))
                    else {
                        self.log("WARN", "Object is not of kind Workflow. Ignoring...", ("name", manifest.name))
                        continue
                    }
                    if let problem = manifest.problem(isStrict: self.strict) { throw problem }
                    workflows.append(manifest)
                }
            } catch let failure as DocumentFailure {
                self.log("ERROR", "Failed to parse workflow", ("error", failure.description))
                throw CommandFailure.silent()
            }
        }
        return workflows
    }

    private func log(_ level: String, _ message: String, _ fields: (name: String, value: String)...) {
        CommandLog(self.global, self.console).write(level, message, fields)
    }

    private func checkOptions(count: Int) throws(CommandFailure) {
        if self.follow.watch {
            if count > 1 { throw CommandFailure("cannot watch more than one workflow") }
            if self.follow.wait { throw CommandFailure("--wait cannot be combined with --watch") }
            if self.dryRun { throw CommandFailure("--watch cannot be combined with --dry-run") }
            if self.serverDryRun { throw CommandFailure("--watch cannot be combined with --server-dry-run") }
        }
        if self.follow.wait {
            if self.dryRun { throw CommandFailure("--wait cannot be combined with --dry-run") }
            if self.serverDryRun { throw CommandFailure("--wait cannot be combined with --server-dry-run") }
        }
        if self.dryRun {
            if self.format == nil { throw CommandFailure("--dry-run should have an output option") }
            if self.serverDryRun { throw CommandFailure("--dry-run cannot be combined with --server-dry-run") }
        }
        if self.serverDryRun && self.format == nil {
            throw CommandFailure("--server-dry-run should have an output option")
        }
    }
}
