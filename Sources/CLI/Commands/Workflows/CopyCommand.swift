import ArgumentParser
import Glibc
import HTTPClient
import Model
import OrderedCollections

/// `cp`: fetches the output artifacts of a workflow into a directory.
struct CopyCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp", abstract: "copy artifacts from workflow",
        usage: "apus cp my-wf output-directory [flags]")

    @Argument(help: "The workflow, and the directory to write to.")
    var arguments: [String] = []

    @Option(name: .long, parsing: .unconditional, help: "Only artifacts of this name.")
    var artifactName: String?

    @Option(name: .long, parsing: .unconditional, help: "Only artifacts of this node.")
    var nodeId: String?

    @Option(name: .long, parsing: .unconditional, help: "Only artifacts of nodes of this template.")
    var templateName: String?

    @Option(
        name: .long, parsing: .unconditional,
        help: "Path of each artifact, from {workflowName}, {nodeId}, {templateName}, {artifactName} and {namespace}.")
    var path = "{namespace}/{workflowName}/{nodeId}/outputs/{artifactName}"

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        guard self.arguments.count == 2 else {
            throw CommandFailure.usage("accepts 2 arg(s), received \(self.arguments.count)")
        }
        let client = try self.connect()
        let workflow = try await client.workflow(self.arguments[0]).workflow
        for (id, node) in workflow.status.nodes {
            let template = node.calledTemplate
            guard self.nodeId.map({ $0 == id }) ?? true, self.templateName.map({ $0 == template }) ?? true else {
                continue
            }
            for artifact in node.outputs?.artifacts ?? [] where self.artifactName.map({ $0 == artifact.name }) ?? true {
                try await self.fetch(artifact, of: node, template, workflow, client)
            }
        }
    }

    private func fetch(
        _ artifact: Artifact, of node: NodeStatus, _ template: String, _ workflow: Workflow, _ client: ArgoClient
    ) async throws {
        var directory = "\(self.arguments[1])/\(self.path)"
        for (tag, value) in [
            ("{templateName}", template), ("{namespace}", workflow.metadata.namespace),
            ("{workflowName}", workflow.metadata.name), ("{nodeId}", node.id), ("{artifactName}", artifact.name),
        ] {
            directory = directory.split(separator: tag, omittingEmptySubsequences: false).joined(separator: value)
        }
        try Self.makeDirectory(directory)
        let key = artifact.s3?.key ?? artifact.name
        let file = key.split(separator: "/").last.map(String.init) ?? artifact.name
        let body = try await client.download(
            ["artifacts", workflow.metadata.namespace, workflow.metadata.name, node.id, artifact.name])
        let target = "\(directory)/\(file)"
        let descriptor = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CommandFailure("creating file failed: open \(target): \(Descriptor.reason())")
        }
        defer { close(descriptor) }
        for try await chunk in body { Descriptor.write(chunk, to: descriptor) }
        self.console.line("Created \"\(file)\"")
    }

    private static func makeDirectory(_ path: String) throws(CommandFailure) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/\(part)"
            guard mkdir(made, 0o755) == 0 || errno == EEXIST else {
                throw CommandFailure("failed to create folder path: mkdir \(made): \(Descriptor.reason())")
            }
        }
    }
}
