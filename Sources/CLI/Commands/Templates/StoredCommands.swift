import ArgumentParser
import JSON

/// A kind of stored object, for the commands that all kinds have.
protocol StoredFlavor: Sendable {
    static var stored: StoredKind { get }
    /// One object as `get`, `create` and `update` print it.
    static func text(_ object: JSONValue, format: OutputFormat?, console: Console) throws -> String
    /// What `list` prints.
    static func table(_ objects: [JSONValue], hasNamespaces: Bool, console: Console) throws -> String
}

extension StoredFlavor {
    /// - Throws: `CommandFailure` where objects have no such format.
    static func checked(_ output: OutputOptions) throws(CommandFailure) -> OutputFormat? {
        try OutputFormat.checked(output.output, among: [.name, .json, .yaml, .wide])
    }

    static func name(of object: JSONValue) -> String { object["metadata"]?["name"]?.stringValue ?? "" }
}

struct StoredGet<Flavor: StoredFlavor>: ClientCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "get", abstract: "display details about a \(Flavor.stored.words)")
    }

    @Argument(help: "Names of objects.")
    var names: [String] = []

    @OptionGroup var output: OutputOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        guard !self.names.isEmpty else { throw CommandFailure.usage("requires at least 1 arg(s), only received 0") }
        let format = try Flavor.checked(self.output)
        let client = try self.connect()
        for name in self.names {
            let object = try await client.object(Flavor.stored, name, namespace: client.namespace)
            self.console.write(try Flavor.text(object, format: format, console: self.console))
        }
    }
}

struct StoredDelete<Flavor: StoredFlavor>: ClientCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "delete", abstract: "delete a \(Flavor.stored.words)")
    }

    @Argument(help: "Names of objects.")
    var names: [String] = []

    @Flag(name: .long, help: "Delete all.")
    var all = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let client = try self.connect()
        var names = self.names
        if self.all {
            names = try await client.objects(Flavor.stored, namespace: client.namespace).map(Flavor.name(of:))
        }
        for name in names {
            try await client.delete(Flavor.stored, name, namespace: client.namespace)
            self.console.line("\(Flavor.stored.kind) '\(name)' deleted")
        }
    }
}

struct StoredLint<Flavor: StoredFlavor>: ClientCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "lint", abstract: "validate files or directories of \(Flavor.stored.words) manifests")
    }

    @Argument(help: "Files or directories; - reads standard input.")
    var files: [String] = []

    @OptionGroup var lint: LintOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let client = try self.connect()
        try await Linter(self.lint, kinds: [Flavor.stored], check: .online(client), console: self.console)
            .run(self.files)
    }
}

struct StoredList<Flavor: StoredFlavor>: ClientCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "list", abstract: "list \(Flavor.stored.words)s")
    }

    @Flag(name: [.customShort("A"), .long], help: "Show those of all namespaces.")
    var allNamespaces = false

    @Option(
        name: [.customShort("l", allowingJoined: true), .long], parsing: .unconditional, help: "Label selector.")
    var selector: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let format = try OutputFormat.checked(self.output.output, among: [.wide, .name])
        let client = try self.connect()
        let objects = try await client.objects(
            Flavor.stored, namespace: self.allNamespaces ? "" : client.namespace, labelSelector: self.selector ?? "")
        guard format != .name else { return objects.forEach { self.console.line(Flavor.name(of: $0)) } }
        self.console.write(
            try Flavor.table(objects, hasNamespaces: self.allNamespaces, console: self.console))
    }
}
