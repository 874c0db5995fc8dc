package import ActorTransport
package import JSON
import Model

/// The body of a request, read and checked against its route's type.
package struct RequestBody: Sendable, Hashable {
    /// An object, but for routes that take any JSON.
    ///
    /// A body that is empty or `null` counts as `{}`.
    package let document: JSONValue

    /// - Throws: `invalidArgument`: what is wrong, and where.
    package init(_ bytes: [UInt8], as type: BodyType?) throws(ServiceError) {
        guard let type, bytes.contains(where: { !Self.isSpace($0) }) else {
            self.document = [:]
            return
        }
        let document: JSONValue
        do throws(JSONSyntaxError) {
            document = try JSONValue.parse(bytes)
        } catch {
            // Argo's words first, then what they leave out.
            throw ServiceError(.invalidArgument, "\(error.message) (line \(error.line), column \(error.column))")
        }
        if type == .item {
            self.document = document
            return
        }
        switch document {
        case .null: self.document = [:]
        case .object:
            for member in type.members { try Self.check(document, member) }
            self.document = document
        default:
            throw ServiceError(
                .invalidArgument,
                "json: cannot unmarshal \(document.kind) into a \(type.name): expected an object")
        }
    }

    package subscript(_ name: String) -> JSONValue? {
        guard let value = self.document[name], !value.isNull else { return nil }
        return value
    }

    package func text(_ name: String) -> String { self[name]?.stringValue ?? "" }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    private static func check(_ document: JSONValue, _ member: BodyType.Member) throws(ServiceError) {
        guard let value = document[member.name], !value.isNull else { return }
        let fits =
            switch (member.kind, value) {
            case (.anything, _), (.string, .string), (.boolean, .bool), (.object, .object): true
            case (.number, .integer), (.number, .double): true
            case (.strings, .array(let elements)): elements.allSatisfy { $0.stringValue != nil }
            default: false
            }
        guard !fits else { return }
        let expected = member.kind == .strings ? "array of strings" : member.kind.rawValue
        throw ServiceError(.invalidArgument, "\(member.name): expected \(expected), found \(value.kind)")
    }
}
