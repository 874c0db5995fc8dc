import HTTPClient
import JSON
import Model
import OrderedCollections

/// One object of a manifest file.
struct ManifestDocument: Sendable {
    /// The file's path, `stdin`, or a URL.
    var source: String
    /// Its place among the file's objects, from 0.
    var index: Int
    var json: JSONValue

    var kind: String { self.json["kind"]?.stringValue ?? "" }
    var name: String { self.json["metadata"]?["name"]?.stringValue ?? "" }
    var generateName: String { self.json["metadata"]?["generateName"]?.stringValue ?? "" }
    var namespace: String? { self.json["metadata"]?["namespace"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 } }

    /// How `lint` names it: `"cli-2" (Workflow)`.
    var title: String {
        let name = [self.name, self.generateName].first { !$0.isEmpty } ?? "object #\(self.index + 1)"
        return "\"\(name)\" (\(self.kind))"
    }

    /// What is wrong with it as an object of its kind; strictly, members that the kind does not know too.
    func decodingFailure(isStrict: Bool) -> DecodingFailure? {
        do throws(DecodingFailure) {
            _ = try Manifest(self.json, isStrict: isStrict)
            return nil
        } catch {
            return error
        }
    }
}

/// Reads manifest files: YAML with one or more documents, or JSON; lists are taken apart.
enum Manifests {
    static let standardInput = "-"
    private static let fileExtensions = [".json", ".yaml", ".yml"]

    /// The contents of files, URLs, or standard input.
    ///
    /// - Throws: `CommandFailure` for what cannot be read.
    static func contents(_ path: String, console: Console = .current) async throws -> [UInt8] {
        if path == self.standardInput { return try console.readInput() }
        guard path.hasPrefix("http://") || path.hasPrefix("https://") else { return try Descriptor.readFile(path) }
        var request = HTTPRequest("GET", path)
        request.followsRedirects = true
        let response = try await CurlClient().send(request)
        guard response.status == 200 else { throw CommandFailure("\(path): the server answered \(response.status)") }
        return response.body
    }

    /// - Throws: `DocumentFailure` where the text is neither YAML nor JSON.
    static func parse(
        _ bytes: [UInt8], source: String, isStrict: Bool = true
    ) throws(DocumentFailure) -> [ManifestDocument] {
        let source = source == self.standardInput ? "stdin" : source
        return try Documents.parse(manifest: bytes, name: source, isStrict: isStrict).enumerated().map { index, json in
            ManifestDocument(source: source, index: index, json: json)
        }
    }

    /// The files that a path stands for: itself, or the manifests under a directory.
    static func files(_ path: String) -> [String] {
        guard path != self.standardInput, Descriptor.isDirectory(path) else { return [path] }
        return Descriptor.files(under: path).filter { file in self.fileExtensions.contains { file.hasSuffix($0) } }
    }
}
