package import JSON
import OrderedCollections

/// Reads YAML files: all documents of a text, as Argo understands them.
package enum YAMLDocuments {
    private static let listSuffix = "List"

    /// Reads every document of a text, YAML or JSON.
    ///
    /// Empty documents are left out, and the items of a list (`kind: List`, `kind: WorkflowList`) stand in its place.
    ///
    /// Errors call the text by `name`: a file's path, or `stdin`. A key that appears twice in a mapping is an error
    /// where `isStrict`; otherwise the last one counts. A plain `y` or `n` is a boolean, as YAML 1.1 says and Argo
    /// reads it, where `lettersAreBooleans`; Python's reader takes only the words (`yes`, `no`) for booleans, so files
    /// that are meant for it need `false`.
    package static func read(
        _ text: String, name: String, isStrict: Bool = true, lettersAreBooleans: Bool = true
    ) throws(YAMLSyntaxError) -> [JSONValue] {
        try self.read(Array(text.utf8), name: name, isStrict: isStrict, lettersAreBooleans: lettersAreBooleans)
    }

    package static func read(
        _ bytes: [UInt8], name: String, isStrict: Bool = true, lettersAreBooleans: Bool = true
    ) throws(YAMLSyntaxError) -> [JSONValue] {
        do {
            return try self.documents(
                bytes, name: name, isStrict: isStrict, lettersAreBooleans: lettersAreBooleans
            ).flatMap(items)
        } catch {
            var failure = error
            failure.name = name
            throw failure
        }
    }

    private static func documents(
        _ bytes: [UInt8], name: String, isStrict: Bool, lettersAreBooleans: Bool
    ) throws(YAMLSyntaxError) -> [JSONValue] {
        guard bytes.count <= YAMLLimits.textBytes else {
            throw YAMLSyntaxError(
                mark: YAMLMark(line: 1, column: 1),
                problem: "expected at most \(YAMLLimits.textBytes) bytes, found \(bytes.count)")
        }
        // JSON is nearly a part of YAML, but not wholly: `\ud83d\ude00` and tabs are read as JSON reads them.
        let first = bytes.first { $0 > 0x20 }
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") || name.hasSuffix(".json") {
            do throws(JSONSyntaxError) {
                return [try JSONValue.parse(bytes)]
            } catch {
                guard !name.hasSuffix(".json") else {
                    throw YAMLSyntaxError(
                        mark: YAMLMark(line: error.line, column: error.column),
                        problem: "\(error.message): expected \(error.expected)")
                }
            }
        }
        var reader = YAMLReader(bytes, isStrict: isStrict, lettersAreBooleans: lettersAreBooleans)
        return try reader.documents()
    }

    private static func items(of document: JSONValue) -> [JSONValue] {
        if document.isNull { return [] }
        guard let items = self.list(document) else { return [document] }
        return items.flatMap(self.items)
    }

    /// The items of a list, whatever its items are; `nil` for what is no list.
    ///
    /// A list of one kind says that kind for its items, which leave it out.
    static func list(_ document: JSONValue) -> [JSONValue]? {
        guard let kind = document["kind"]?.stringValue, kind.hasSuffix(self.listSuffix),
            let items = document["items"]?.arrayValue
        else { return nil }
        let itemKind = String(kind.dropLast(self.listSuffix.count))
        guard !itemKind.isEmpty else { return items }
        return items.map { item in
            guard var members = item.objectValue, members["kind"] == nil else { return item }
            members["kind"] = .string(itemKind)
            members["apiVersion"] = members["apiVersion"] ?? document["apiVersion"]
            return .object(members)
        }
    }
}
