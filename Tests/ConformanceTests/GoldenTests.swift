import Foundation
import IntegrationSupport
import JSON
import OrderedCollections
import TestSupport
import Testing
import YAML

/// Public workflow files, run by us and compared with what a real Argo made of them.
@Suite("Golden node trees", .timeLimit(.minutes(30)))
struct GoldenTests {
    static let corpus = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Corpus")
    /// The share of files that must agree, known differences or not.
    static let leastShare = 0.9
    static let filesAtOnce = 6
    /// How often a file that draws random numbers may be run until it ends as recorded: that of the least chance, one
    /// in eight, is not seen in one of 3,000 test runs.
    static let triesByChance = 60

    /// Files that need what this version does not run, by the key that says so in the file.
    static let unsupportedKeys = [
        "resource:", "containerSet:", "daemon:", "sidecars:", "initContainers:", "memoize:",
        "http:", "volumes:", "volumeClaimTemplates:", "podSpecPatch:", "argoproj/argosay", "stedolan/jq",
    ]

    struct Recorded: Sendable {
        var file: URL
        var documents: [JSONValue]
        var text: String

        /// Of a file that draws random numbers or prints the time values differ each time, and of some the nodes.
        var exactness: NodeTree.Exactness {
            if KnownDifferences.shapedByChance.contains(self.file.lastPathComponent) { return .phase }
            return self.text.range(of: "random|uuid|date", options: .regularExpression) == nil ? .values : .shape
        }
        /// Names files, or prints where its own script lies.
        var needsSandbox: Bool { ConformanceCase.namesFiles(self.text) || self.text.contains("raise Exception") }
        var isUnsupported: Bool {
            GoldenTests.unsupportedKeys.contains { key in
                self.text.range(
                    of: "(^|\\s)(image: )?" + NSRegularExpression.escapedPattern(for: key), options: .regularExpression)
                    != nil
            }
        }
    }

    @Test("public workflow files give the node tree and the logs that a real Argo gave, but for known differences")
    func publicFiles() async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let commands = try StandInCommands()
        defer { commands.remove() }
        let fixture = try ConformanceFixture(
            ConformanceFixture.Kind.wanted[0], folder: folder.url, environment: ["PATH": commands.path])
        defer { fixture.stop() }
        let client = fixture.client(0)
        var (passed, unsupported): ([String], [String]) = ([], [])
        var failed: [(String, [String])] = []
        for corpus in ["argo-examples", "hera-examples"] {
            try await Self.storeTemplates(of: corpus, client: client)
            let only = ProcessInfo.processInfo.environment["CASE"]
            let files = try Self.recorded(in: corpus).filter { only == nil || $0.file.path.contains(only ?? "") }
            func isPlayed(_ file: Recorded) -> Bool {
                !file.isUnsupported && (fixture.isolation == .sandbox || !file.needsSandbox)
            }
            unsupported += files.filter { !isPlayed($0) }.map(\.file.lastPathComponent)
            for (name, differences) in await Self.play(files.filter(isPlayed), client: client) {
                if differences.isEmpty { passed.append(name) } else { failed.append((name, differences)) }
            }
        }
        for name in passed { print("passed \(name)") }
        for name in unsupported { print("not run \(name)") }
        for (name, differences) in failed { print("failed \(name): \(differences.prefix(6).joined(separator: "; "))") }
        print("\(passed.count) passed, \(failed.count) failed, \(unsupported.count) not run")
        #expect(failed.map(\.0).filter { KnownDifferences.files[$0] == nil } == [])
        #expect(Double(passed.count) >= Self.leastShare * Double(passed.count + failed.count))
    }

    /// Stores every template that a file of the corpus may refer to.
    private static func storeTemplates(of corpus: String, client: RESTClient) async throws {
        let folder = Self.corpus.appendingPathComponent(corpus)
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
        for path in paths where path.hasSuffix(".yaml") || path.hasSuffix(".yml") {
            let text = try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
            guard text.contains("WorkflowTemplate") else { continue }
            for document in try YAMLDocuments.read(text, name: path) {
                let resource =
                    switch document["kind"]?.stringValue {
                    case "WorkflowTemplate": "workflow-templates/\(client.namespace)"
                    case "ClusterWorkflowTemplate": "cluster-workflow-templates"
                    default: ""
                    }
                guard !resource.isEmpty else { continue }
                _ = try await client.send("POST", "/api/v1/\(resource)", ["template": document.withoutNamespace])
            }
        }
    }

    static func recorded(in corpus: String) throws -> [Recorded] {
        let folder = Self.corpus.appendingPathComponent("golden").appendingPathComponent(corpus)
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
            .map { url in
                let recorded = try JSONValue.parse(String(contentsOf: url, encoding: .utf8))
                let file = Self.corpus.appendingPathComponent(corpus)
                    .appendingPathComponent(recorded["file"]?.stringValue ?? "")
                return Recorded(
                    file: file, documents: recorded["docs"]?.arrayValue ?? [],
                    text: try String(contentsOf: file, encoding: .utf8))
            }
    }

    private static func play(_ files: [Recorded], client: RESTClient) async -> [(String, [String])] {
        var results: [(String, [String])] = []
        await withTaskGroup(of: (String, [String]).self) { group in
            var waiting = files[...]
            func startNext() {
                guard let file = waiting.popFirst() else { return }
                group.addTask {
                    do {
                        var differences = try await Self.play(file, client: client)
                        // What draws random numbers may fail by chance, but not every time.
                        for _ in 1..<Self.triesByChance where file.exactness != .values && !differences.isEmpty {
                            differences = try await Self.play(file, client: client)
                        }
                        return (file.file.lastPathComponent, differences)
                    } catch {
                        return (file.file.lastPathComponent, ["\(error)"])
                    }
                }
            }
            for _ in 0..<Self.filesAtOnce { startNext() }
            for await result in group {
                results.append(result)
                startNext()
            }
        }
        return results.sorted { $0.0 < $1.0 }
    }

    private static func play(_ file: Recorded, client: RESTClient) async throws -> [String] {
        var found: [String] = []
        let documents = try YAMLDocuments.read(file.text, name: file.file.lastPathComponent)
        for (document, recorded) in zip(documents, file.documents) {
            guard let shape = recorded["shape"] else { continue }
            let answer = try await client.send(
                "POST", "/api/v1/workflows/\(client.namespace)", ["workflow": document.withoutNamespace])
            guard answer.status == 200 else { return found + ["create: \(answer.status) \(answer.message)"] }
            let workflow = try await client.workflow(try answer.json.name, until: \.isCompleted)
            found += NodeTree(workflow: workflow)
                .differences(from: NodeTree(recorded: shape), file.exactness)
            if found.isEmpty, file.exactness == .values {
                found += try await Self.logDifferences(of: workflow, from: recorded["logs"] ?? [:], client: client)
            }
        }
        return found
    }

    private static func logDifferences(
        of workflow: JSONValue, from recorded: JSONValue, client: RESTClient
    ) async throws -> [String] {
        var found = Differences()
        for node in workflow.nodes {
            let name = NodeTree.masked(node["name"]?.stringValue ?? "", in: workflow.name)
            guard let lines = recorded[name]?.strings else { continue }
            let ours = try await client.log(of: workflow.name, pod: podName(of: node, in: workflow.name))
                .map { $0.replacingOccurrences(of: workflow.name, with: "$WF") }
            found.check(
                Array(ours.prefix(lines.count)) == lines, "log of \(name): \(ours.prefix(3)), \(lines.prefix(3))")
        }
        return found.all
    }
}

extension JSONValue {
    /// The document without its namespace: it goes where the client sends it.
    fileprivate var withoutNamespace: JSONValue {
        guard var document = self.objectValue, var metadata = document["metadata"]?.objectValue else { return self }
        metadata["namespace"] = nil
        document["metadata"] = .object(metadata)
        return .object(document)
    }
}

/// Commands that stand in for images: `python` for the Python images.
///
/// They lie where a sandboxed pod can see them.
struct StandInCommands {
    private let folder: URL

    init() throws {
        self.folder = URL(fileURLWithPath: "/var/tmp/apus-commands-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: self.folder.path)
        let python = self.folder.appendingPathComponent("python")
        try "#!/bin/sh\nexec python3 \"$@\"\n".write(to: python, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: python.path)
    }

    var path: String { self.folder.path + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin") }

    func remove() {
        do {
            try FileManager.default.removeItem(at: self.folder)
        } catch {
            print("cannot remove \(self.folder.path): \(error)")
        }
    }
}
