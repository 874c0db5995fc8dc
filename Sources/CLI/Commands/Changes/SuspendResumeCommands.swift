import ArgumentParser
import JSON
import OrderedCollections

/// `suspend`: no new pods until the workflow is resumed.
struct SuspendCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "suspend", abstract: "suspend zero or more workflows (opposite of resume)")

    @Argument(help: "Names of workflows, or @latest.")
    var workflows: [String] = []

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let client = try self.connect()
        for name in self.workflows {
            do {
                try await client.act("suspend", on: name)
            } catch let error as RemoteError {
                throw CommandFailure("failed to suspend \(name): \(error)")
            }
            self.console.line("workflow \(name) suspended")
        }
    }
}

/// `resume`: goes on with what was suspended.
struct ResumeCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "resume zero or more workflows (opposite of suspend)")

    @Argument(help: "Names of workflows, or @latest.")
    var workflows: [String] = []

    @Option(name: .long, parsing: .unconditional, help: "Resume only nodes that match, e.g. displayName=approve.")
    var nodeFieldSelector: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        guard !self.workflows.isEmpty || self.nodeFieldSelector != nil else {
            throw CommandFailure.usage("requires either node field selector or workflow")
        }
        let client = try self.connect()
        let selector = try checkedNodeSelector(self.nodeFieldSelector)
        for name in self.workflows {
            do {
                try await client.act("resume", on: name, body: ["nodeFieldSelector": .string(selector)])
            } catch let error as RemoteError {
                throw CommandFailure("failed to resume \(name): \(error)")
            }
            self.console.line("workflow \(name) resumed")
        }
    }
}

/// The selector as it was given, or empty.
///
/// - Throws: `CommandFailure` where it cannot be read.
func checkedNodeSelector(_ text: String?) throws(CommandFailure) -> String {
    guard let text else { return "" }
    _ = try checkedSelector(text, failure: "unable to parse node field selector '\(text)': ")
    return text
}
