import ArgumentParser
import JSON
import Model

/// A command that talks with a server.
protocol ClientCommand: AsyncParsableCommand {
    var global: GlobalOptions { get }
}

extension ClientCommand {
    var console: Console { .current }

    func connect() throws(CommandFailure) -> ArgoClient {
        _ = try ServerLog.level(named: self.global.loglevel)
        _ = try ServerLog.format(named: self.global.logFormat)
        for flag in self.global.kubernetes.given {
            self.console.errorLine("warning: \(flag) has no effect: requests go to the server, not to Kubernetes")
        }
        return try Connection(self.global).client()
    }
}

/// How an object, or several, are printed.
enum OutputFormat: String, CaseIterable {
    case name, json, yaml, wide, short
}

/// The output formats that a command takes: its help lists them, and others are refused.
protocol OutputChoice {
    static var formats: [OutputFormat] { get }
}

/// What every list and every object can be printed as.
enum ObjectOutput: OutputChoice {
    static let formats: [OutputFormat] = [.name, .json, .yaml, .wide]
}

/// A workflow's tree may also leave out its header.
enum TreeOutput: OutputChoice {
    static let formats: [OutputFormat] = [.name, .json, .short, .yaml, .wide]
}

/// What is no object has no name.
enum ReportOutput: OutputChoice {
    static let formats: [OutputFormat] = [.json, .yaml, .wide]
}

/// Where lines say less than a document, there is no table.
enum DocumentOutput: OutputChoice {
    static let formats: [OutputFormat] = [.json, .yaml]
}

/// `-o` of commands that print one object or several.
struct OutputOptions<Choice: OutputChoice>: ParsableArguments {
    @Option(
        name: [.customShort("o", allowingJoined: true), .customLong("output")], parsing: .unconditional,
        help: ArgumentHelp("Output format: \(Self.names(", ")).", valueName: "output"),
        completion: .list(Choice.formats.map(\.rawValue)))
    private var text: String?

    /// The format that was asked for.
    var output: OutputFormat? { self.text.flatMap(OutputFormat.init(rawValue:)) }

    func validate() throws {
        guard let text = self.text, !Choice.formats.contains(where: { $0.rawValue == text }) else { return }
        throw ValidationError(
            "invalid argument \"\(text)\" for \"-o, --output\" flag: One of: \(Self.names("|"))")
    }

    private static func names(_ separator: String) -> String {
        Choice.formats.map(\.rawValue).joined(separator: separator)
    }
}

/// `-l` and `--field-selector`.
struct SelectorOptions: ParsableArguments {
    @Option(
        name: [.customShort("l", allowingJoined: true), .long], parsing: .unconditional,
        help: "Label selector, for example key1=value1,key2!=value2.")
    var selector: String?

    @Option(
        name: .long, parsing: .unconditional, help: "Field selector, for example metadata.name=x.")
    var fieldSelector: String?

    var isGiven: Bool { !(self.selector ?? "").isEmpty || !(self.fieldSelector ?? "").isEmpty }

    /// The workflows that match, or none where nothing is asked for.
    func workflows(_ client: ArgoClient) async throws -> [WorkflowDocument] {
        guard self.isGiven else { return [] }
        return try await client.workflows(
            WorkflowFilter(
                namespace: client.namespace, labelSelector: self.selector ?? "",
                fieldSelector: self.fieldSelector ?? ""))
    }

    /// The names and namespaces of those that match and of those that are named, each once.
    func targets(_ names: [String], _ client: ArgoClient) async throws -> [(name: String, namespace: String)] {
        var targets = try await self.workflows(client).map { (name: $0.name, namespace: $0.namespace) }
        targets += names.map { (name: $0, namespace: client.namespace) }
        var seen: Set<String> = []
        return targets.filter { seen.insert($0.name).inserted }
    }
}
