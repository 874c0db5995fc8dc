import JSON
import OrderedCollections
import YAML

/// Documents for people: JSON with indentation, and YAML as Kubernetes' tools write it.
enum DocumentText {
    static func json(_ value: JSONValue, indentation: Int = 4) -> String {
        var text = ""
        self.writeJSON(value, indentation: indentation, depth: 0, to: &text)
        return text
    }

    /// YAML with sorted keys and a line feed at the end.
    static func yaml(_ value: JSONValue) -> String { YAMLWriter.text(for: value, sortsKeys: true) }

    private static func writeJSON(_ value: JSONValue, indentation: Int, depth: Int, to text: inout String) {
        let inner = "\n" + String(repeating: " ", count: indentation * (depth + 1))
        let outer = "\n" + String(repeating: " ", count: indentation * depth)
        switch value {
        case .array(let elements) where !elements.isEmpty:
            for (index, element) in elements.enumerated() {
                text += (index == 0 ? "[" : ",") + inner
                self.writeJSON(element, indentation: indentation, depth: depth + 1, to: &text)
            }
            text += outer + "]"
        case .object(let members) where !members.isEmpty:
            for (index, member) in members.elements.enumerated() {
                text += (index == 0 ? "{" : ",") + inner + "\(JSONValue.string(member.key).text): "
                self.writeJSON(member.value, indentation: indentation, depth: depth + 1, to: &text)
            }
            text += outer + "}"
        case .null, .bool, .integer, .double, .string, .array, .object: text += value.text
        }
    }
}
