import OrderedCollections

extension JSONValue {
    /// The same document with every object's members in the order of their names: what is left of any order once Go has
    /// read a document into maps and written it again, as Kubernetes does with everything it stores.
    package var sortingKeys: JSONValue {
        switch self {
        case .null, .bool, .integer, .double, .string: return self
        case .array(let elements): return .array(elements.map(\.sortingKeys))
        case .object(let members):
            var sorted = members.mapValues(\.sortingKeys)
            sorted.sort { $0.key < $1.key }
            return .object(sorted)
        }
    }
}
