import ArgumentParser

/// Brings a command line of `argo` into the form that the argument parser reads.
///
/// Global flags may stand before the command, and boolean flags may have a value, as in `--strict=false`.
enum ArgumentOrder {
    /// Flags that can be switched off by name; others are off when they are left out.
    private static let invertible: Set<String> = ["strict", "secure", "insecure-skip-verify", "argo-http1"]

    /// Letters that mean the same flag with every command that has them.
    private static let shortBooleans = [
        "-e": "secure", "-k": "insecure-skip-verify", "-v": "verbose", "-A": "all-namespaces",
    ]

    private static let booleans: Set<String> = [
        "strict", "secure", "insecure-skip-verify", "insecure-skip-tls-verify", "argo-http1", "verbose",
        "disable-compression", "all", "all-namespaces", "completed", "running", "resubmitted", "dry-run", "force",
        "server-dry-run", "watch", "wait", "log", "follow", "previous", "timestamps", "no-color", "no-utf8",
        "no-headers", "offline", "parallel", "memoized", "restart-successful", "ignore-not-found", "short", "name-only",
        "keep",
        "help",
    ]

    private static let globalFlags: Set<String> = [
        "-e", "--secure", "--no-secure", "-k", "--insecure-skip-verify", "--no-insecure-skip-verify",
        "--insecure-skip-tls-verify", "--argo-http1", "--no-argo-http1", "-v", "--verbose", "--disable-compression",
    ]

    private static let globalOptions: Set<String> = [
        "-s", "--argo-server", "-n", "--namespace", "-H", "--header", "--token", "--username", "--password",
        "--instanceid", "--argo-base-href", "--loglevel", "--log-format", "--certificate-authority",
        "--client-certificate", "--client-key", "--proxy-url", "--request-timeout", "--as", "--as-group", "--as-uid",
        "--cluster", "--context", "--gloglevel", "--kubeconfig", "--server", "--tls-server-name", "--user",
    ]

    static func normalized(_ arguments: [String], of root: any ParsableCommand.Type) -> [String] {
        var command = root
        var path: [String] = []
        var early: [String] = []
        var rest = self.withoutBooleanValues(arguments)[...]
        while let argument = rest.first {
            if let child = self.child(of: command, named: argument) {
                command = child
                path.append(argument)
                rest = rest.dropFirst()
            } else if self.globalFlags.contains(argument) {
                early.append(argument)
                rest = rest.dropFirst()
            } else if self.globalOptions.contains(argument), rest.count > 1 {
                early += rest.prefix(2)
                rest = rest.dropFirst(2)
            } else if let equals = argument.firstIndex(of: "="),
                self.globalOptions.contains(String(argument[..<equals]))
            {
                early.append(argument)
                rest = rest.dropFirst()
            } else {
                break
            }
        }
        return path + early + rest
    }

    /// The deepest command that a command line names, and how it is called: `apus template list`.
    static func command(
        _ arguments: [String], of root: any ParsableCommand.Type
    ) -> (command: any ParsableCommand.Type, path: String) {
        var command = root
        var path = root._commandName
        for argument in arguments {
            guard let child = self.child(of: command, named: argument) else { break }
            command = child
            path += " \(child._commandName)"
        }
        return (command, path)
    }

    /// A word in the place of a command that is none, and the command it was said to.
    static func unknownCommand(
        _ arguments: [String], of root: any ParsableCommand.Type
    ) -> (command: String, parent: String)? {
        var command = root
        var path = [root._commandName]
        for argument in arguments {
            if let child = self.child(of: command, named: argument) {
                command = child
                path.append(child._commandName)
                continue
            }
            let isGroup = !command.configuration.subcommands.isEmpty
            guard isGroup, !argument.hasPrefix("-"), argument != "help" else { return nil }
            return (argument, path.joined(separator: " "))
        }
        return nil
    }

    private static func child(
        of command: any ParsableCommand.Type, named name: String
    ) -> (any ParsableCommand.Type)? {
        command.configuration.subcommands.first { child in
            child._commandName == name || child.configuration.aliases.contains(name)
        }
    }

    private static func withoutBooleanValues(_ arguments: [String]) -> [String] {
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        return arguments[..<end].flatMap(self.separated).compactMap(self.withoutBooleanValue) + arguments[end...]
    }

    /// `-pname=value` becomes `-p` and `name=value`: the parser would take `pname` for the flag.
    private static func separated(_ argument: String) -> [String] {
        let letters = argument.prefix { $0 != "=" }
        guard argument.hasPrefix("-"), !argument.hasPrefix("--"), letters.count > 2, letters.count < argument.count
        else {
            return [argument]
        }
        return [String(argument.prefix(2)), String(argument.dropFirst(2))]
    }

    /// `--strict=false` becomes `--no-strict`, `--watch=true` becomes `--watch`, and `--watch=false` nothing.
    private static func withoutBooleanValue(_ argument: String) -> String? {
        guard let equals = argument.firstIndex(of: "=") else { return argument }
        let name: String
        if argument.hasPrefix("--") {
            name = String(argument[argument.index(argument.startIndex, offsetBy: 2)..<equals])
        } else if let long = self.shortBooleans[String(argument[..<equals])] {
            name = long
        } else {
            return argument
        }
        guard self.booleans.contains(name) else { return argument }
        switch self.boolean(argument[argument.index(after: equals)...]) {
        case true?: return "--\(name)"
        case false?: return self.invertible.contains(name) ? "--no-\(name)" : nil
        case nil: return argument
        }
    }

    /// A boolean as Go's flags and variables write it.
    static func boolean(_ text: some StringProtocol) -> Bool? {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }
}
