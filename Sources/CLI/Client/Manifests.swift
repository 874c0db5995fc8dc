import HTTPClient
import JSON
import Model
import OrderedCollections
import YAML

/// One object of a manifest file.
struct ManifestDocument: Sendable {
    /// The file's path, `stdin`, or a URL.
    var source: String
    /// Its place among the file's objects, from 0.
    var index: Int
    var json: JSONValue
    /// What the whole file holds.
    var text: [UInt8]

    var kind: String { self.json["kind"]?.stringValue ?? "" }
    var name: String { self.json["metadata"]?["name"]?.stringValue ?? "" }
    var generateName: String { self.json["metadata"]?["generateName"]?.stringValue ?? "" }
    var namespace: String? { self.json["metadata"]?["namespace"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 } }

    /// Where it is, for messages: its file and its title.
    var place: String { "\(self.source): in \(self.title)" }

    /// How `lint` names it: `"cli-2" (Workflow)`.
    var title: String {
        let name = [self.name, self.generateName].first { !$0.isEmpty } ?? "object #\(self.index + 1)"
        return "\"\(name)\" (\(self.kind))"
    }

    /// What is wrong with it as an object of its kind, and where it is written; strictly, members that the kind does
    /// not know too.
    func problem(isStrict: Bool) -> DocumentFailure? {
        do throws(DecodingFailure) {
            _ = try Manifest(self.json, isStrict: isStrict)
            return nil
        } catch {
            let failure = DocumentFailure(error)
            guard let mark = self.mark(of: error) else { return failure }
            return DocumentFailure("\(failure) at \(self.source):\(mark.line):\(mark.column)")
        }
    }

    private func mark(of failure: DecodingFailure) -> YAMLMark? {
        let isKey: Bool
        switch failure.reason {
        case .unknownField: isKey = true
        case .mismatch: isKey = false
        }
        return YAMLPlaces.mark(of: failure.path, isKey: isKey, object: self.index, in: self.text)
    }

    /// Whether its kind is none of our business: another program's, or one that we know but nobody writes by hand.
    var isForeign: Bool {
        guard !self.kind.isEmpty else { return true }
        guard let version = self.json["apiVersion"]?.stringValue, !version.isEmpty else {
            return StoredKind.named(self.kind) != nil
        }
        return !version.hasPrefix("argoproj.io/") || StoredKind.named(self.kind) != nil
            || StoredKind.neighbours.contains(self.kind)
    }

    /// Its kind is none that a command takes; the kinds that are.
    func unknownKind(_ kinds: [StoredKind]) -> String {
        let names = kinds.map(\.kind).joined(separator: ", ")
        guard self.json.objectValue != nil else {
            return "document \(self.index + 1): expected an object, found \(self.json.kind)"
        }
        guard !self.kind.isEmpty else { return "document \(self.index + 1): \"kind\" is missing: one of \(names)" }
        return "document \(self.index + 1): unknown kind \"\(self.kind)\": one of \(names)"
    }
}

/// Reads manifest files: YAML with one or more documents, or JSON; lists are taken apart.
enum Manifests {
    static let standardInput = "-"
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    private static let fileExtensions = [".json", ".yaml", ".yml"]

    /// The contents of files, URLs, or standard input, without the byte order mark that some editors put before them.
    ///
    /// - Throws: `CommandFailure` for what cannot be read.
    static func contents(_ path: String, console: Console = .current) async throws -> [UInt8] {
        let bytes = try await self.rawContents(path, console: console)
        return bytes.starts(with: self.byteOrderMark) ? Array(bytes.dropFirst(self.byteOrderMark.count)) : bytes
    }

    private static func rawContents(_ path: String, console: Console) async throws -> [UInt8] {
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
            ManifestDocument(source: source, index: index, json: json, text: bytes)
        }
    }

    /// The objects of files, directories, URLs and standard input.
    ///
    /// - Throws: `CommandFailure` for what cannot be read.
    static func read(
        _ paths: [String], isStrict: Bool, console: Console = .current
    ) async throws -> [ManifestDocument] {
        var manifests: [ManifestDocument] = []
        for path in paths.flatMap(self.files) {
            let bytes = try await self.contents(path, console: console)
            do throws(DocumentFailure) {
                manifests += try self.parse(bytes, source: path, isStrict: isStrict)
            } catch {
                throw CommandFailure(error.description)
            }
        }
        return manifests
    }

    /// What is in paths where nothing of use was found: `empty.yaml holds no object`.
    static func contentsInWords(_ paths: [String], _ manifests: [ManifestDocument]) -> String {
        paths.map { path in
            let files = self.files(path).map { $0 == self.standardInput ? "stdin" : $0 }
            guard let first = files.first else {
                return "\(path) has no file that ends in \(self.fileExtensions.joined(separator: ", "))"
            }
            let kinds = manifests.filter { files.contains($0.source) }.map {
                $0.kind.isEmpty ? "a document without a kind" : $0.kind
            }
            let name = path == self.standardInput ? first : path
            guard !kinds.isEmpty else { return "\(name) holds no object" }
            return "\(name) holds \(OrderedSet(kinds).joined(separator: ", "))"
        }.joined(separator: "; ")
    }

    /// The files that a path stands for: itself, or the manifests under a directory.
    static func files(_ path: String) -> [String] {
        guard path != self.standardInput, Descriptor.isDirectory(path) else { return [path] }
        return Descriptor.files(under: path).filter { file in self.fileExtensions.contains { file.hasSuffix($0) } }
    }
}
