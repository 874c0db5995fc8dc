package import JSON
import OrderedCollections

/// Work that an executor plugin does: an object with exactly one member, named after the plugin.
package struct PluginTemplate: Hashable, Sendable {
    package var name: String
    package var configuration: JSONValue

    package init(name: String, configuration: JSONValue) {
        self.name = name
        self.configuration = configuration
    }
}

extension PluginTemplate: JSONConvertible {
    package init(json: JSONValue, at place: DecodingPlace) throws(DecodingFailure) {
        guard case .object(let members) = json else { throw .mismatch(json, expected: "object", at: place) }
        guard members.count == 1, let member = members.elements.first else {
            throw DecodingFailure(
                path: place.path,
                reason: .mismatch(found: "object with \(members.count) members", expected: "exactly one key"))
        }
        self.init(name: member.key, configuration: member.value)
    }

    package func json(_ style: EncodingStyle) -> JSONValue { .object([self.name: self.configuration]) }
}
