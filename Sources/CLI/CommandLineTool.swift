import ArgumentParser

/// Runs one command line to its exit code.
enum CommandLineTool {
    /// The exit code of a command line, given without the program's name.
    static func run(_ arguments: [String], console: Console) async -> Int32 {
        await Console.$current.withValue(console) {
            let arguments = ArgumentOrder.normalized(arguments, of: Apus.self)
            let parsed: any ParsableCommand
            do {
                if let name = ArgumentOrder.unknownCommand(arguments, of: Apus.self) {
                    if let reason = MissingCommands.reasons[name.command], name.parent == Apus._commandName {
                        throw CommandFailure(
                            "\(name.parent) has no command \(Documents.quoted(name.command)): \(reason)")
                    }
                    throw CommandFailure(
                        "unknown command \(Documents.quoted(name.command)) for \"\(name.parent)\"\n"
                            + "Run '\(name.parent) --help' for usage.")
                }
                parsed = try Apus.parseAsRoot(arguments)
            } catch {
                return self.report(error, arguments, console) ?? self.reportParsing(error, arguments, console)
            }
            do {
                if var command = parsed as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    var command = parsed
                    try command.run()
                }
                return 0
            } catch {
                if let code = self.report(error, arguments, console) { return code }
                console.errorLine("Error: \(error)")
                return 1
            }
        }
    }

    /// Says what our own errors and requests for help have to say, and answers the exit code; `nil` for other errors.
    private static func report(_ error: any Error, _ arguments: [String], _ console: Console) -> Int32? {
        switch error {
        case let failure as CommandFailure:
            if !failure.message.isEmpty { console.errorLine("Error: \(failure.message)") }
            if failure.showsUsage { console.errorLine(self.usage(of: arguments)) }
            return failure.exitCode
        case is CancellationError:
            return 130
        case let error where Apus.exitCode(for: error) == .success:
            // Help or a version was asked for.
            console.line(Apus.fullMessage(for: error))
            return 0
        default:
            return nil
        }
    }

    /// What the argument parser refuses, in the words of `argo` where they are simple.
    private static func reportParsing(_ error: any Error, _ arguments: [String], _ console: Console) -> Int32 {
        var message = Apus.message(for: error)
        guard !message.isEmpty else {
            console.errorLine("Error: \(error)")
            return 1
        }
        let unknown = "Unknown option '"
        if message.hasPrefix(unknown) {
            let name = message.dropFirst(unknown.count).prefix { $0 != "'" }
            let suggestion = message.firstRange(of: "Did you mean").map { " " + message[$0.lowerBound...] } ?? ""
            message =
                name.hasPrefix("--")
                ? "unknown flag: \(name).\(suggestion)" : "unknown shorthand flag: '\(name.dropFirst())' in \(name)"
            if suggestion.isEmpty, message.hasSuffix(".") { message.removeLast() }
        }
        console.errorLine("Error: \(message)")
        console.errorLine(self.usage(of: arguments))
        return 1
    }

    /// One line of usage, and where more is said.
    private static func usage(of arguments: [String]) -> String {
        let (command, path) = ArgumentOrder.command(arguments, of: Apus.self)
        return "Usage: \(Apus.usageString(for: command))\nSee '\(path) --help'."
    }
}

/// Commands of `argo` that are not there, and what to do without them.
enum MissingCommands {
    static let reasons = [
        "sync": "limits of semaphores are kept in config maps: change them with `apus apply -f FILE`",
        "executor-plugin": "executor plugins run in Kubernetes only, and are built with the argo command",
    ]
}
