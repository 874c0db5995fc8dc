import ArgumentParser
import JSON

/// Which kind of template a command is about.
protocol TemplateFlavor: Sendable {
    static var stored: StoredKind { get }
    static var command: String { get }
    static var aliases: [String] { get }
    /// What precedes the server's words where a template cannot be made.
    static func creationFailure(_ name: String) -> String
}

enum NamespacedTemplates: TemplateFlavor {
    static let stored = StoredKind.template
    static let command = "template"
    static let aliases: [String] = []
    static func creationFailure(_ name: String) -> String { "failed to create workflow template: " }
}

enum ClusterTemplates: TemplateFlavor {
    static let stored = StoredKind.clusterTemplate
    static let command = "cluster-template"
    static let aliases = ["cwftmpl", "cwft"]
    static func creationFailure(_ name: String) -> String { "failed to create cluster workflow template: \(name),  " }
}

/// `template` and `cluster-template`.
struct TemplateCommand<Flavor: TemplateFlavor>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Flavor.command, abstract: "manipulate \(Flavor.stored.words)s",
            subcommands: [
                TemplateCreate<Flavor>.self, TemplateDelete<Flavor>.self, TemplateGet<Flavor>.self,
                TemplateLint<Flavor>.self, TemplateList<Flavor>.self, TemplateUpdate<Flavor>.self,
            ],
            aliases: Flavor.aliases)
    }
}

struct TemplateCreate<Flavor: TemplateFlavor>: ClientCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "create", abstract: "create a \(Flavor.stored.words)")
    }

    @Argument(help: "Files or URLs; - reads standard input.")
    var files: [String] = []

    @Flag(name: .long, inversion: .prefixedNo, help: "Refuse members that a template does not know.")
    var strict = true

    @OptionGroup var output: OutputOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let format = try OutputFormat.checked(self.output.output, among: [.name, .json, .yaml, .wide])
        let client = try self.connect()
        for manifest in try await ObjectFiles(Flavor.stored, isStrict: self.strict).read(self.files) {
            let namespace = manifest.namespace ?? client.namespace
            let created: JSONValue
            do {
                created = try await client.create(Flavor.stored, manifest.json, namespace: namespace)
            } catch let error as RemoteError {
                throw CommandFailure("\(Flavor.creationFailure(manifest.name))\(error)")
            }
            self.console.write(TemplateText.text(created, format: format, kind: Flavor.stored, console: self.console))
        }
    }
}

struct TemplateUpdate<Flavor: TemplateFlavor>: ClientCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "update", abstract: "update a \(Flavor.stored.words)")
    }

    @Argument(help: "Files or URLs; - reads standard input.")
    var files: [String] = []

    @Flag(name: .long, inversion: .prefixedNo, help: "Refuse members that a template does not know.")
    var strict = true

    @OptionGroup var output: OutputOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let format = try OutputFormat.checked(self.output.output, among: [.name, .json, .yaml, .wide])
        let client = try self.connect()
        for manifest in try await ObjectFiles(Flavor.stored, isStrict: self.strict).read(self.files) {
            let updated = try await ObjectUpdate(client, Flavor.stored).replace(manifest)
            self.console.write(TemplateText.text(updated, format: format, kind: Flavor.stored, console: self.console))
        }
    }
}

struct TemplateGet<Flavor: TemplateFlavor>: ClientCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "get", abstract: "display details about a \(Flavor.stored.words)")
    }

    @Argument(help: "Names of templates.")
    var names: [String] = []

    @OptionGroup var output: OutputOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let format = try OutputFormat.checked(self.output.output, among: [.name, .json, .yaml, .wide])
        let client = try self.connect()
        for name in self.names {
            let object = try await client.object(Flavor.stored, name, namespace: client.namespace)
            self.console.write(TemplateText.text(object, format: format, kind: Flavor.stored, console: self.console))
        }
    }
}

struct TemplateDelete<Flavor: TemplateFlavor>: ClientCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "delete", abstract: "delete a \(Flavor.stored.words)")
    }

    @Argument(help: "Names of templates.")
    var names: [String] = []

    @Flag(name: .long, help: "Delete all.")
    var all = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let client = try self.connect()
        var names = self.names
        if self.all {
            names = try await client.objects(Flavor.stored, namespace: client.namespace)
                .compactMap { $0["metadata"]?["name"]?.stringValue }
        }
        for name in names {
            try await client.delete(Flavor.stored, name, namespace: client.namespace)
            self.console.line("\(Flavor.stored.kind) '\(name)' deleted")
        }
    }
}

struct TemplateLint<Flavor: TemplateFlavor>: ClientCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "lint", abstract: "validate a file or directory of \(Flavor.stored.words) manifests")
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

struct TemplateList<Flavor: TemplateFlavor>: ClientCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "list", abstract: "list \(Flavor.stored.words)s")
    }

    @Flag(name: [.customShort("A"), .long], help: "Show templates of all namespaces.")
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
        let names = objects.map { $0["metadata"]?["name"]?.stringValue ?? "" }
        guard format != .name else { return names.forEach { self.console.line($0) } }
        var table = TabWriter(padding: 3)
        table.add((self.allNamespaces ? ["NAMESPACE"] : []) + ["NAME"])
        for (object, name) in zip(objects, names) {
            let namespace = object["metadata"]?["namespace"]?.stringValue ?? ""
            table.add((self.allNamespaces ? [namespace] : []) + [name, ""])
        }
        self.console.write(table.text)
    }
}
