import ArgumentParser
import JSON
import Model
import OrderedCollections

/// `cron`: schedules that make workflows.
struct CronCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cron", abstract: "manage cron workflows",
        subcommands: [
            CronCreate.self, CronDelete.self, CronGet.self, CronLint.self, CronList.self, CronResume.self,
            CronSuspend.self, CronUpdate.self,
        ],
        aliases: ["cwf", "cronwf"])
}

struct CronCreate: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "create", abstract: "create a cron workflow")

    @Argument(help: "Files or URLs; - reads standard input.")
    var files: [String] = []

    @Option(name: .long, parsing: .unconditional, help: "Override the schedule.")
    var schedule: String?

    @Flag(name: .long, inversion: .prefixedNo, help: "Refuse members that a cron workflow does not know.")
    var strict = true

    @OptionGroup var edits: SubmitEditOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let options = try await self.edits.options()
        let client = try self.connect()
        for manifest in try await ObjectFiles(.cron, isStrict: self.strict).read(self.files) {
            let namespace = manifest.namespace ?? client.namespace
            let document = try CronEdits.apply(options, schedule: self.schedule, to: manifest.json)
            let created: JSONValue
            do {
                created = try await client.create(.cron, document, namespace: namespace)
            } catch let error as RemoteError {
                throw CommandFailure("failed to create cron workflow: \(error)")
            }
            try CronPrinter(self.console, self.output.output).print(created)
        }
    }
}

struct CronUpdate: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "update", abstract: "update a cron workflow")

    @Argument(help: "Files or URLs; - reads standard input.")
    var files: [String] = []

    @Flag(name: .long, inversion: .prefixedNo, help: "Refuse members that a cron workflow does not know.")
    var strict = true

    @OptionGroup var edits: SubmitEditOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let options = try await self.edits.options()
        let client = try self.connect()
        for var manifest in try await ObjectFiles(.cron, isStrict: self.strict).read(self.files) {
            manifest.json = try CronEdits.apply(options, schedule: nil, to: manifest.json)
            let updated = try await ObjectUpdate(client, .cron).replace(manifest)
            try CronPrinter(self.console, self.output.output).print(updated)
        }
    }
}

struct CronGet: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "display details about a cron workflow")

    @Argument(help: "Names of cron workflows.")
    var names: [String] = []

    @OptionGroup var output: OutputOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        guard !self.names.isEmpty else {
            throw CommandFailure.usage("requires at least 1 arg(s), only received 0")
        }
        let client = try self.connect()
        for name in self.names {
            let object = try await client.object(.cron, name, namespace: client.namespace)
            try CronPrinter(self.console, self.output.output).print(object)
        }
    }
}

struct CronList: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "list cron workflows")

    @Flag(name: [.customShort("A"), .long], help: "Show cron workflows of all namespaces.")
    var allNamespaces = false

    @Option(
        name: [.customShort("l", allowingJoined: true), .long], parsing: .unconditional, help: "Label selector.")
    var selector: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let format = try OutputFormat.checked(self.output.output, among: [.wide, .name])
        let client = try self.connect()
        let objects = try await client.objects(
            .cron, namespace: self.allNamespaces ? "" : client.namespace, labelSelector: self.selector ?? "")
        let crons = try objects.map { try CronWorkflow(json: $0, at: DecodingPlace()) }
        guard format != .name else { return crons.forEach { self.console.line($0.metadata.name) } }
        self.console.write(CronText.table(crons, hasNamespaces: self.allNamespaces, now: self.console.now()))
    }
}

struct CronDelete: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "delete a cron workflow")

    @Argument(help: "Names of cron workflows.")
    var names: [String] = []

    @Flag(name: .long, help: "Delete all.")
    var all = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let client = try self.connect()
        var names = self.names
        if self.all {
            names += try await client.objects(.cron, namespace: client.namespace)
                .compactMap { $0["metadata"]?["name"]?.stringValue }
        }
        for name in names {
            try await client.delete(.cron, name, namespace: client.namespace)
            self.console.line("CronWorkflow '\(name)' deleted")
        }
    }
}

struct CronSuspend: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "suspend", abstract: "suspend zero or more cron workflows")

    @Argument(help: "Names of cron workflows.")
    var names: [String] = []

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await CronSwitch(client: self.connect(), console: self.console).set("suspend", self.names)
    }
}

struct CronResume: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "resume zero or more cron workflows")

    @Argument(help: "Names of cron workflows.")
    var names: [String] = []

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await CronSwitch(client: self.connect(), console: self.console).set("resume", self.names)
    }
}

/// Suspends and resumes cron workflows.
private struct CronSwitch {
    let client: ArgoClient
    let console: Console

    func set(_ verb: String, _ names: [String]) async throws {
        for name in names {
            let namespace = self.client.namespace
            try await self.client.put(
                ["api", "v1", "cron-workflows", namespace, name, verb],
                ["name": .string(name), "namespace": .string(namespace)])
            self.console.line("CronWorkflow '\(name)' \(verb == "suspend" ? "suspended" : "resumed")")
        }
    }
}

struct CronLint: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint", abstract: "validate files or directories of cron workflow manifests")

    @Argument(help: "Files or directories; - reads standard input.")
    var files: [String] = []

    @OptionGroup var lint: LintOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let client = try self.connect()
        try await Linter(self.lint, kinds: [.cron], check: .online(client), console: self.console).run(self.files)
    }
}
