import ArgumentParser
import JSON
import Model
import OrderedCollections

/// The flags by which a submitter changes a workflow: of `submit`, `run` and `cron create`.
struct SubmitEditOptions: ParsableArguments {
    @Option(name: .long, parsing: .unconditional, help: "Override metadata.name.")
    var name: String?

    @Option(name: .long, parsing: .unconditional, help: "Override metadata.generateName.")
    var generateName: String?

    @Option(name: .long, parsing: .unconditional, help: "Override the entrypoint.")
    var entrypoint: String?

    @Option(
        name: [.customShort("p", allowingJoined: true), .long], parsing: .unconditionalSingleValue,
        help: "An input parameter, as name=value. May be repeated.")
    var parameter: [String] = []

    @Option(name: .customLong("serviceaccount"), parsing: .unconditional, help: "Service account of all pods.")
    var serviceAccount: String?

    @Option(
        name: [.customShort("f", allowingJoined: true), .long], parsing: .unconditional,
        help: "A file that holds all input parameters.")
    var parameterFile: String?

    @Option(
        name: [.customShort("l", allowingJoined: true), .long], parsing: .unconditional,
        help: "Labels to set, as name=value,name=value.")
    var labels: String?

    /// - Throws: `CommandFailure` where the parameter file cannot be read.
    func options() async throws -> SubmitOptions {
        var options = SubmitOptions()
        options.name = self.name
        options.generateName = self.generateName
        options.entryPoint = self.entrypoint
        options.serviceAccount = self.serviceAccount
        options.labels = self.labels
        options.parameters = self.parameter
        if let path = self.parameterFile {
            // Parameters of the command line win over those of the file.
            let names = Set(self.parameter.map { $0.prefix { $0 != "=" } })
            options.parameters += try await Self.parameters(of: path).filter { text in
                !names.contains(text.prefix { $0 != "=" })
            }
        }
        return options
    }

    private static func parameters(of path: String) async throws -> [String] {
        let bytes = try await Manifests.contents(path)
        let documents: [JSONValue]
        do throws(DocumentFailure) {
            documents = try Documents.parse(manifest: bytes, name: path)
        } catch {
            throw CommandFailure(error.description)
        }
        return try documents.flatMap { document -> [String] in
            guard let members = document.objectValue else {
                throw CommandFailure("\(path): expected a map of parameters, found \(document.kind)")
            }
            return members.map { name, value in "\(name)=\(value.stringValue ?? Documents.text(value))" }
        }
    }
}
