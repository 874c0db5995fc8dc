import ArgumentParser
import JSON
import OrderedCollections

/// `node set`: gives a suspended node its outputs, its phase or a message.
struct NodeCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "node", abstract: "perform action on a node in a workflow",
        usage: "apus node set WORKFLOW [flags]")

    @Argument(help: "The action (set) and the workflow.")
    var arguments: [String] = []

    @Option(name: .long, parsing: .unconditional, help: "The node, e.g. displayName=approve.")
    var nodeFieldSelector: String?

    @Option(name: .long, parsing: .unconditional, help: "Phase to set, e.g. Succeeded.")
    var phase: String?

    @Option(
        name: [.customShort("p", allowingJoined: true), .long], parsing: .unconditionalSingleValue,
        help: "A supplied output parameter, as name=value. May be repeated.")
    var outputParameter: [String] = []

    @Option(
        name: [.customShort("m", allowingJoined: true), .long], parsing: .unconditional, help: "Message to set.")
    var message: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        guard self.arguments.count >= 2 else {
            throw CommandFailure.usage("requires at least 2 arg(s), only received \(self.arguments.count)")
        }
        guard self.arguments[0] == "set" else { throw CommandFailure("unknown action '\(self.arguments[0])'") }
        let body: JSONObject = [
            "nodeFieldSelector": .string(try checkedNodeSelector(self.nodeFieldSelector)),
            "message": .string(self.message ?? ""), "phase": .string(self.phase ?? ""),
            "outputParameters": .string(try self.outputParameters()),
        ]
        try await self.connect().act("set", on: self.arguments[1], body: body)
        self.console.line("workflow values set")
    }

    /// The parameters as the text of a JSON object, or empty.
    private func outputParameters() throws(CommandFailure) -> String {
        guard !self.outputParameter.isEmpty else { return "" }
        var values = JSONObject()
        for text in self.outputParameter {
            guard let equals = text.firstIndex(of: "=") else {
                throw CommandFailure("expected parameter of the form: NAME=VALUE. Received: \(text)")
            }
            let value = text[text.index(after: equals)...]
            let isQuoted = value.count >= 2 && value.first == "\"" && value.last == "\""
            let unquoted: JSONValue? =
                isQuoted
                ? (try? Documents.parse(json: Array(value.utf8)).get()).flatMap { $0.stringValue == nil ? nil : $0 }
                : nil
            values[String(text[..<equals])] = unquoted ?? .string(String(value))
        }
        return Documents.text(.object(values))
    }
}
