import ArgumentParser
import JSON
import Model
import OrderedCollections

/// `cron`: schedules that make workflows.
struct CronCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cron", abstract: "manage cron workflows",
        subcommands: [
            CronBackfill.self, CronCreate.self, StoredDelete<CronFlavor>.self, StoredGet<CronFlavor>.self,
            StoredLint<CronFlavor>.self, StoredList<CronFlavor>.self, CronResume.self, CronSuspend.self,
            CronUpdate.self,
        ],
        aliases: ["cwf", "cronwf"])
}

enum CronFlavor: StoredFlavor {
    static let stored = StoredKind.cron

    static func text(_ object: JSONValue, format: OutputFormat?, console: Console) throws -> String {
        switch format {
        case .name: return self.name(of: object) + "\n"
        case .json: return DocumentText.json(object) + "\n"
        case .yaml: return DocumentText.yaml(object)
        case .wide, .short, nil:
            return CronText.text(try CronWorkflow(json: object, at: DecodingPlace()), now: console.now())
        }
    }

    static func table(_ objects: [JSONValue], hasNamespaces: Bool, console: Console) throws -> String {
        let crons = try objects.map { try CronWorkflow(json: $0, at: DecodingPlace()) }
        return CronText.table(crons, hasNamespaces: hasNamespaces, now: console.now())
    }
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
    @OptionGroup var output: OutputOptions<ObjectOutput>
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let format = self.output.output
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
            self.console.write(try CronFlavor.text(created, format: format, console: self.console))
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
    @OptionGroup var output: OutputOptions<ObjectOutput>
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let format = self.output.output
        let options = try await self.edits.options()
        let client = try self.connect()
        for var manifest in try await ObjectFiles(.cron, isStrict: self.strict).read(self.files) {
            manifest.json = try CronEdits.apply(options, schedule: nil, to: manifest.json)
            let updated = try await ObjectUpdate(client, .cron).replace(manifest)
            self.console.write(try CronFlavor.text(updated, format: format, console: self.console))
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
