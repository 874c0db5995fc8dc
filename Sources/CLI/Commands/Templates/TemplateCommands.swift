import ArgumentParser
import JSON

/// Which kind of template a command is about.
protocol TemplateFlavor: StoredFlavor {
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

extension TemplateFlavor {
    static func text(_ object: JSONValue, format: OutputFormat?, console: Console) -> String {
        TemplateText.text(object, format: format, kind: Self.stored, console: console)
    }

    static func table(_ objects: [JSONValue], hasNamespaces: Bool, console: Console) -> String {
        var table = TabWriter(padding: 3)
        table.add((hasNamespaces ? ["NAMESPACE"] : []) + ["NAME"])
        for object in objects {
            let namespace = object["metadata"]?["namespace"]?.stringValue ?? ""
            table.add((hasNamespaces ? [namespace] : []) + [Self.name(of: object), ""])
        }
        return table.text
    }
}

/// `template` and `cluster-template`.
struct TemplateCommand<Flavor: TemplateFlavor>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Flavor.command, abstract: "manipulate \(Flavor.stored.words)s",
            subcommands: [
                TemplateCreate<Flavor>.self, StoredDelete<Flavor>.self, StoredGet<Flavor>.self,
                StoredLint<Flavor>.self, StoredList<Flavor>.self, TemplateUpdate<Flavor>.self,
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

    @OptionGroup var output: OutputOptions<ObjectOutput>
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let format = self.output.output
        let client = try self.connect()
        for manifest in try await ObjectFiles(Flavor.stored, isStrict: self.strict).read(self.files) {
            let namespace = manifest.namespace ?? client.namespace
            let created: JSONValue
            do {
                created = try await client.create(Flavor.stored, manifest.json, namespace: namespace)
            } catch let error as RemoteError {
                throw CommandFailure("\(Flavor.creationFailure(manifest.name))\(error)")
            }
            self.console.write(try Flavor.text(created, format: format, console: self.console))
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

    @OptionGroup var output: OutputOptions<ObjectOutput>
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let format = self.output.output
        let client = try self.connect()
        for manifest in try await ObjectFiles(Flavor.stored, isStrict: self.strict).read(self.files) {
            let updated = try await ObjectUpdate(client, Flavor.stored).replace(manifest)
            self.console.write(try Flavor.text(updated, format: format, console: self.console))
        }
    }
}
