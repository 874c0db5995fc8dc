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
    static func name(of object: JSONValue) -> String { object["metadata"]?["name"]?.stringValue ?? "" }
}

struct StoredGet<Flavor: StoredFlavor>: ClientCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "get", abstract: "display details about a \(Flavor.stored.words)")
    }

    @Argument(help: "Names of objects.")
    var names: [String] = []

    @OptionGroup var output: OutputOptions<ObjectOutput>
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        guard !self.names.isEmpty else { throw CommandFailure.usage("requires at least 1 arg(s), only received 0") }
        let format = self.output.output
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

    @OptionGroup var output: OutputOptions<ObjectOutput>
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let client = try self.connect()
        let objects = try await client.objects(
            Flavor.stored, namespace: self.allNamespaces ? "" : client.namespace, labelSelector: self.selector ?? "")
        switch self.output.output {
        case .name: for object in objects { self.console.line(Flavor.name(of: object)) }
        case .json: self.console.line(DocumentText.json(.array(objects), indentation: 2))
        case .yaml: self.console.write(objects.isEmpty ? "[]\n" : DocumentText.yaml(.array(objects)))
        case .wide, .short, nil:
            self.console.write(
                try Flavor.table(objects, hasNamespaces: self.allNamespaces, console: self.console))
        }
    }
}
