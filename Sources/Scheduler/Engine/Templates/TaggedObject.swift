import Expressions
import JSON
import Model
import OrderedCollections

/// An object of the model whose members with tags were found beforehand.
///
/// Replacing tags decodes those members alone: an object without tags is handed back as it is.
struct TaggedObject<Object: ModelObject>: Sendable {
    let plain: Object
    private let members: [Member]

    private struct Member: Sendable {
        let field: Int
        let json: JSONValue
    }

    /// - Parameter except: members whose tags are replaced elsewhere, or never.
    init(_ object: Object, except: Set<String> = []) {
        self.plain = object
        var members: [Member] = []
        for (index, field) in Object.fields.fields.enumerated() where !field.isRaw && !except.contains(field.name) {
            guard let json = field.encode(object, .compact), containsTags(json) else { continue }
            members.append(Member(field: index, json: json))
        }
        self.members = members
    }

    var hasTags: Bool { !self.members.isEmpty }

    func replaced(
        in scope: Scope, unresolved: UnresolvedPolicy, context: ExpressionContext
    ) throws(EngineFailure) -> Object {
        guard !self.members.isEmpty else { return self.plain }
        var object = self.plain
        for member in self.members {
            let json: JSONValue
            do throws(TemplateError) {
                json = try TemplateText.replaced(
                    in: member.json, scope: scope, unresolved: unresolved, context: context)
            } catch {
                throw EngineFailure(error.description)
            }
            let field = Object.fields.fields[member.field]
            do throws(DecodingFailure) {
                _ = try field.decode(&object, json, DecodingPlace(path: field.name))
            } catch {
                throw EngineFailure(error.description)
            }
        }
        return object
    }
}

/// Why a node cannot go on, in Argo's words where it has some.
struct EngineFailure: Error, Hashable, Sendable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Whether any string of a document, keys included, has a tag.
func containsTags(_ json: JSONValue) -> Bool {
    switch json {
    case .string(let text): hasTags(text)
    case .array(let elements): elements.contains(where: containsTags)
    case .object(let members): members.contains { hasTags($0.key) || containsTags($0.value) }
    case .null, .bool, .integer, .double: false
    }
}

func hasTags(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
        guard bytes.count >= 4 else { return false }
        for index in 0..<(bytes.count - 1) where bytes[index] == 0x7B && bytes[index + 1] == 0x7B { return true }
        return false
    }
}

/// Calls back with every string of a document.
func forEachText(_ json: JSONValue, _ body: (String) -> Void) {
    switch json {
    case .string(let text): body(text)
    case .array(let elements): for element in elements { forEachText(element, body) }
    case .object(let members): for (_, value) in members { forEachText(value, body) }
    case .null, .bool, .integer, .double: break
    }
}
