import ArgumentParser
import JSON
import Model

/// A command that talks with a server.
protocol ClientCommand: AsyncParsableCommand {
    var global: GlobalOptions { get }
}

extension ClientCommand {
    var console: Console { .current }

    func connect() throws(CommandFailure) -> ArgoClient { try Connection(self.global).client() }
}

/// How a single object is printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case name, json, yaml, wide, short

    /// - Throws: `CommandFailure` where a command has no such format.
    static func checked(_ format: OutputFormat?, among allowed: [OutputFormat]) throws(CommandFailure) -> OutputFormat?
    {
        guard let format, !allowed.contains(format) else { return format }
        let names = allowed.map(\.rawValue).joined(separator: "|")
        throw .usage("invalid argument \"\(format.rawValue)\" for \"-o, --output\" flag: One of: \(names)")
    }
}

/// `-o` of commands that print one object or several.
struct OutputOptions: ParsableArguments {
    @Option(
        name: [.customShort("o", allowingJoined: true), .long], parsing: .unconditional,
        help: "Output format: name, json, yaml or wide.")
    var output: OutputFormat?
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
