import JSON
import Model
import YAML

/// Why a document cannot be read, in the words of the commands.
struct DocumentFailure: Error, Hashable, Sendable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// As Go's strict decoder says it.
    init(_ failure: DecodingFailure) {
        switch failure.reason {
        case .unknownField: self.description = "strict decoding error: \(failure)"
        case .mismatch: self.description = failure.description
        }
    }
}

/// Texts and the documents in them.
enum Documents {
    static func parse(json bytes: [UInt8]) -> Result<JSONValue, DocumentFailure> {
        do throws(JSONSyntaxError) {
            return .success(try JSONValue.parse(bytes))
        } catch {
            return .failure(DocumentFailure(error.description))
        }
    }

    /// The documents of a manifest: YAML with one or more documents, or JSON; lists are taken apart.
    ///
    /// Errors call the text by `name`. Strictly, a key that appears twice in a map is one.
    static func parse(
        manifest bytes: [UInt8], name: String, isStrict: Bool = true
    ) throws(DocumentFailure) -> [JSONValue] {
        do throws(YAMLSyntaxError) {
            return try YAMLDocuments.read(bytes, name: name, isStrict: isStrict)
        } catch {
            throw DocumentFailure(error.description)
        }
    }

    static func isYAML(_ text: String) -> Bool {
        do throws(DocumentFailure) {
            _ = try self.parse(manifest: Array(text.utf8), name: "manifest")
            return true
        } catch {
            return false
        }
    }

    static func text(_ value: JSONValue) -> String { value.text }

    static func bytes(_ value: JSONValue) -> [UInt8] { value.bytes }

    /// A text in quotes, as JSON and Go write it.
    static func quoted(_ text: String) -> String { JSONValue.string(text).text }
}
