import ArgumentParser
import JSON

/// How lint results are printed, and how strict the reading is.
struct LintOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case pretty, simple
    }

    @Option(
        name: [.customShort("o", allowingJoined: true), .long], parsing: .unconditional,
        help: "How results are printed: pretty or simple.")
    var output = Format.pretty

    @Flag(name: .long, inversion: .prefixedNo, help: "Refuse members that an object does not know.")
    var strict = true

    @Flag(name: .long, help: "Print without colours.")
    var noColor = false
}

/// `lint`: says what is wrong with manifests.
struct LintCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint", abstract: "validate files or directories of manifests",
        discussion: """
            EXAMPLES:
              apus lint ./manifests
              apus lint --offline my-workflow.yaml my-templates.yaml
              cat manifests.yaml | apus lint --kinds=workflows,cronworkflows -
            """)

    @Argument(help: "Files or directories; - reads standard input.")
    var files: [String] = []

    @Option(
        name: .long, parsing: .unconditionalSingleValue,
        help: """
            Kinds to check, by comma: workflows, workflowtemplates, cronworkflows, clusterworkflowtemplates, \
            workfloweventbindings, all.
            """)
    var kinds: [String] = []

    @Flag(name: .long, help: "Check without a server; what files refer to is looked for in the files given.")
    var offline = false

    @OptionGroup var lint: LintOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        guard !self.files.isEmpty else { throw CommandFailure.usage("requires at least 1 arg(s), only received 0") }
        let names = self.kinds.flatMap { $0.split(separator: ",").map(String.init) }
        var kinds = StoredKind.lintable
        if !names.isEmpty && !names.contains("all") {
            for name in names where !kinds.contains(where: { $0.matches(name) }) {
                throw CommandFailure("unknown kind: \(name)")
            }
            kinds = kinds.filter { kind in names.contains { kind.matches($0) } }
        }
        let check: Linter.Check = self.offline ? .offline : .online(try self.connect())
        try await Linter(self.lint, kinds: kinds, check: check, console: self.console).run(self.files)
    }
}

/// Checks the objects of files and prints what is wrong with them, file by file.
struct Linter {
    /// Who knows what is right.
    enum Check: Sendable {
        case online(ArgoClient)
        case offline
    }

    private struct FileResult {
        var source: String
        var hasObjects = false
        var problems: [String] = []
        var warnings: [String] = []
    }

    private let options: LintOptions
    private let kinds: [StoredKind]
    private let check: Check
    private let console: Console
    private let style: TextStyle

    init(_ options: LintOptions, kinds: [StoredKind], check: Check, console: Console) {
        self.options = options
        self.kinds = kinds
        self.check = check
        self.console = console
        self.style = console.style(noColor: options.noColor)
    }

    /// - Throws: `CommandFailure.silent` where something is wrong, or where there was nothing to check.
    func run(_ paths: [String]) async throws {
        guard !paths.isEmpty else { throw CommandFailure.usage("requires at least 1 arg(s), only received 0") }
        var files: [(source: String, manifests: Result<[ManifestDocument], DocumentFailure>)] = []
        for path in paths.flatMap(Manifests.files) {
            let source = path == Manifests.standardInput ? "stdin" : path
            let bytes = try await Manifests.contents(path, console: self.console)
            let parsed = Result { () throws(DocumentFailure) in
                try Manifests.parse(bytes, source: source, isStrict: self.options.strict)
            }
            files.append((source, parsed))
        }
        let manifests = files.flatMap { (try? $0.manifests.get()) ?? [] }
        let offline = OfflineValidator(manifests)
        var results: [FileResult] = []
        for (source, manifests) in files {
            let result = try await self.lint(source, manifests, offline)
            self.print(result)
            results.append(result)
        }
        guard results.contains(where: \.hasObjects) else {
            let text = "found nothing to lint in the specified paths, failing..."
            self.console.line(self.options.output == .pretty ? self.style.paint("✖ \(text)", .red) : text)
            self.console.errorLine(Manifests.contentsInWords(paths, manifests))
            throw CommandFailure.silent()
        }
        try self.summarize(results)
    }

    private func lint(
        _ source: String, _ manifests: Result<[ManifestDocument], DocumentFailure>, _ offline: OfflineValidator
    ) async throws -> FileResult {
        var result = FileResult(source: source)
        switch manifests {
        case .failure(let failure):
            result.hasObjects = true
            // The file is named before its problems already.
            let prefix = "\(source): "
            let text = failure.description
            result.problems.append(text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text)
        case .success(let manifests):
            for manifest in manifests {
                guard let kind = self.kinds.first(where: { $0.kind == manifest.kind }) else {
                    guard !manifest.isForeign else { continue }
                    result.hasObjects = true
                    result.problems.append(manifest.unknownKind(StoredKind.all))
                    continue
                }
                result.hasObjects = true
                let problems = try await self.problems(manifest, kind, offline)
                result.problems += problems.map { "in \(manifest.title): \($0)" }
                guard problems.isEmpty else { continue }
                let warnings = Self.nameWarnings(manifest) + CommandWarnings.of(manifest)
                result.warnings += warnings.map { "in \(manifest.title): \($0)" }
            }
        }
        return result
    }

    private func problems(
        _ manifest: ManifestDocument, _ kind: StoredKind, _ offline: OfflineValidator
    ) async throws -> [String] {
        if let problem = manifest.problem(isStrict: self.options.strict) { return [problem.description] }
        // An event binding refers to nothing that only a server knows, and Argo's has no route to check one.
        guard case .online(let client) = self.check, kind != .eventBinding else { return offline.problems(manifest) }
        do {
            try await client.lint(kind, manifest.json, namespace: manifest.namespace ?? client.namespace)
            return []
        } catch let error as RemoteError {
            return [error.description]
        }
    }

    /// No fault of the file, as Argo sees it: a name may be given with the command that stores it.
    private static func nameWarnings(_ manifest: ManifestDocument) -> [String] {
        guard manifest.name.isEmpty, manifest.generateName.isEmpty else { return [] }
        return ["no metadata.name and no metadata.generateName: one is required to store it; add `generateName:`"]
    }

    private func print(_ result: FileResult) {
        for warning in result.warnings { self.console.errorLine("warning: \(result.source): \(warning)") }
        guard !result.problems.isEmpty else { return }
        switch self.options.output {
        case .simple: for problem in result.problems { self.console.line("\(result.source): \(problem)") }
        case .pretty:
            self.console.line("\(self.style.paint(result.source, .underline)):")
            for problem in result.problems { self.console.line("   \(self.style.paint("✖", .red)) \(problem)") }
            self.console.line("")
        }
    }

    private func summarize(_ results: [FileResult]) throws(CommandFailure) {
        let count = results.reduce(0) { $0 + $1.problems.count }
        let isPretty = self.options.output == .pretty
        guard count > 0 else {
            return self.console.line("\(isPretty ? self.style.paint("✔", .green) + " " : "")no linting errors found!")
        }
        if isPretty { self.console.line(self.style.paint("✖ \(count) linting errors found!", .red)) }
        throw .silent()
    }
}
