import ArgumentParser
import JSON

/// `version`: of this program, and of the server where one is named.
struct VersionCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "print version information")

    @Flag(name: .long, help: "Print just the version numbers.")
    var short = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        self.console.line("apus: v\(Version.current)")
        if !self.short { self.console.line("  Compatible: Argo Workflows \(Version.compatible)") }
        guard self.global.argoServer != nil || self.console.variable("ARGO_SERVER") != nil else { return }
        let version = try await self.connect().get(["api", "v1", "version"])
        self.console.line("argo-server: \(version["version"]?.stringValue ?? "")")
        guard !self.short else { return }
        for (title, member) in [
            ("BuildDate", "buildDate"), ("GitCommit", "gitCommit"), ("GitTreeState", "gitTreeState"),
            ("GitTag", "gitTag"), ("GoVersion", "goVersion"), ("Compiler", "compiler"), ("Platform", "platform"),
        ] {
            if let value = version[member]?.stringValue, !value.isEmpty { self.console.line("  \(title): \(value)") }
        }
    }
}

/// `auth`: what a request says of who asks.
struct AuthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "auth", abstract: "manage authentication settings", subcommands: [AuthTokenCommand.self])
}

struct AuthTokenCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "token", abstract: "Print the auth token")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        guard let text = try Connection(self.global).authorization else {
            throw CommandFailure("no token: set ARGO_TOKEN, or give --token")
        }
        self.console.line(text)
    }
}

/// `completion`: a script that completes commands and flags in a shell.
struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "output shell completion code for the specified shell (bash, zsh or fish)",
        discussion: """
            EXAMPLES:
              source <(apus completion bash)
              apus completion fish > ~/.config/fish/completions/apus.fish
            """)

    @Argument(help: "bash, zsh or fish")
    var shell: [String] = []

    func run() throws {
        guard self.shell.count == 1 else {
            throw CommandFailure.usage("accepts 1 arg(s), received \(self.shell.count)")
        }
        guard let shell = CompletionShell(rawValue: self.shell[0]) else {
            throw CommandFailure("unsupported shell \"\(self.shell[0])\": one of bash, zsh, fish")
        }
        Console.current.line(Apus.completionScript(for: shell))
    }
}
