import ActorTransport
import ArgumentParser
import JSON
import Logging
import Model
import NodeRunner
import OrderedCollections
import Scheduler

/// `run`: runs workflow files to their ends in this process, without a server.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "run workflow files to the end in this process, without a server",
        usage: "apus run FILE... [flags]",
        discussion: """
            Templates and config maps of the files are stored first, then every workflow runs. Without a workflow, the \
            only template or cron workflow of the files runs; --from says which where there are several. The exit \
            code is 0 where all succeeded, 1 where one did not or the input is wrong, 130 where it was interrupted.

            EXAMPLES:
              apus run workflow.yaml
              apus run --log -p message=hello templates.yaml workflow.yaml
            """)

    @Argument(help: "Files, directories or URLs; - reads standard input.")
    var files: [String] = []

    @OptionGroup var edits: SubmitEditOptions

    @Option(
        name: .long, parsing: .unconditional,
        help: "Run the template or cron workflow of the files of this name, for example cronwf/hello.")
    var from: String?

    @Option(
        name: [.customShort("n", allowingJoined: true), .long], parsing: .unconditional,
        help: "Namespace of objects that name none.")
    var namespace: String?

    @Option(name: .long, parsing: .unconditional, help: "Keep everything in this folder instead of a temporary one.")
    var dataDir: String?

    @Flag(name: .long, help: "Keep the temporary folder, and say where it is.")
    var keep = false

    @Flag(name: .long, help: "Print the logs of the pods instead of the live tree.")
    var log = false

    @Flag(name: .long, inversion: .prefixedNo, help: "Refuse members that an object does not know.")
    var strict = true

    @OptionGroup var local: LocalOptions

    func run() async throws {
        let console = Console.current
        let signals = ProcessSignals()
        let work = try await self.work(console)
        let folder = try self.dataDir ?? DataFolder.temporary(console)
        let isTemporary = self.dataDir == nil
        let code: Int32
        do {
            code = try await self.run(work, in: folder, signals: signals, console: console)
        } catch {
            if isTemporary { self.dispose(of: folder, console) }
            throw Self.failure(error)
        }
        if isTemporary { self.dispose(of: folder, console) }
        if code != 0 { throw CommandFailure.silent(code) }
    }

    private func run(_ work: Work, in folder: String, signals: ProcessSignals, console: Console) async throws -> Int32 {
        let metrics = ServiceMetrics.registry(of: [])
        let logger = try self.local.logger("apus", quietLevel: "error", console: console, metrics: metrics)
        let settings = try self.local.settings(dataFolder: folder, console: console)
        let cluster = try await LocalCluster(settings, metrics: metrics) { label in
            var service = logger
            service[metadataKey: "service"] = "\(label)"
            return service
        }
        let run = LocalRun(
            cluster: cluster, console: console, screen: WorkflowScreen(console: console, isLive: !self.log),
            showsLogs: self.log, logger: logger)
        return try await run.run(
            objects: work.objects, workflows: work.workflows, from: work.sources, signals: signals,
            namespace: work.namespace)
    }

    private func dispose(of folder: String, _ console: Console) {
        guard !self.keep else { return console.errorLine("kept in \(folder)") }
        if !DataFolder.remove(folder) { console.errorLine("\(folder) could not be removed: \(Descriptor.reason())") }
    }

    private static func failure(_ error: any Error) -> any Error {
        switch error {
        case let error as ServiceError: CommandFailure(error.message)
        case let error as StoreError: CommandFailure("\(error)")
        case let error as RunnerError: CommandFailure("\(error)")
        default: error
        }
    }

    // MARK: What to run

    private struct Work: Sendable {
        var namespace: String
        var objects: [ManifestDocument] = []
        var workflows: [LocalRun.Request] = []
        var sources: [SubmitWorkflow] = []
    }

    /// Reads and checks everything before anything is started.
    private func work(_ console: Console) async throws -> Work {
        do {
            return try await self.checkedWork(console)
        } catch {
            throw Self.failure(error)
        }
    }

    private func checkedWork(_ console: Console) async throws -> Work {
        guard !self.files.isEmpty else { throw CommandFailure.usage("requires at least 1 arg(s), only received 0") }
        let manifests = try await Manifests.read(self.files, isStrict: self.strict, console: console)
        for manifest in manifests {
            guard StoredKind.named(manifest.kind) != nil else {
                throw CommandFailure("\(manifest.source): \(manifest.unknownKind(StoredKind.all))")
            }
            if let problem = manifest.problem(isStrict: self.strict) {
                throw CommandFailure("\(manifest.place): \(problem)")
            }
        }
        let options = try await self.edits.options()
        var work = Work(namespace: self.namespace ?? console.variable("ARGO_NAMESPACE") ?? "default")
        work.objects = manifests.filter { $0.kind != StoredKind.workflow.kind }
        for manifest in manifests where manifest.kind == StoredKind.workflow.kind && self.from == nil {
            let document = try SubmitEdits.apply(options, to: manifest.json)
            work.workflows.append(
                LocalRun.Request(
                    place: manifest.place,
                    creation: CreateWorkflow(namespace: manifest.namespace ?? work.namespace, manifest: document)))
        }
        if work.workflows.isEmpty { work.sources = try self.sources(work, options) }
        return work
    }

    /// The object that `--from` names, or without a workflow the only one that a workflow can be made from.
    private func sources(_ work: Work, _ options: SubmitOptions) throws(CommandFailure) -> [SubmitWorkflow] {
        let kinds = [StoredKind.template, .clusterTemplate, .cron].map(\.kind)
        var candidates = work.objects.filter { kinds.contains($0.kind) }
        let names = candidates.map(Self.sourceName).joined(separator: ", ")
        if let from = self.from {
            candidates = candidates.filter { Self.isSource($0, named: from) }
            guard !candidates.isEmpty else {
                throw CommandFailure(
                    "--from \"\(from)\" names nothing in the given files"
                        + (names.isEmpty ? "" : ": one of \(names)"))
            }
        }
        guard candidates.count <= 1 else {
            throw CommandFailure(
                "the given files hold no workflow, and several objects that one can be made from (\(names)): say which "
                    + "with --from \(Self.sourceName(candidates[0]))")
        }
        guard let source = candidates.first else {
            throw CommandFailure(
                "no workflow found in given files: \(Manifests.contentsInWords(self.files, work.objects))")
        }
        return [
            SubmitWorkflow(
                namespace: source.namespace ?? work.namespace, resourceKind: source.kind.lowercased(),
                resourceName: source.name, options: options.json(.compact))
        ]
    }

    /// As `--from` takes it: `cronworkflow/hello`.
    private static func sourceName(_ manifest: ManifestDocument) -> String {
        "\(manifest.kind.lowercased())/\(manifest.name)"
    }

    private static func isSource(_ manifest: ManifestDocument, named text: String) -> Bool {
        let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[1] == manifest.name, let kind = StoredKind.named(manifest.kind) else {
            return false
        }
        let names = [kind.kind.lowercased(), kind.shortName] + (kind == .cron ? ["cronwf"] : [])
        return names.contains(parts[0].lowercased())
    }
}
