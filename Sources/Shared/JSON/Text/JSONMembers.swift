import OrderedCollections

/// Collects an object's members.
///
/// Few of them are told apart by a fingerprint of their names, many by a hash table.
struct JSONMembers {
    private var names: ContiguousArray<String> = []
    private var values: ContiguousArray<JSONValue> = []
    private var fingerprints: UInt64 = 0
    private var many: JSONObject?

    private static let fewest = 4
    private static let few = 15

    var object: JSONObject { self.many ?? JSONObject(uncheckedUniqueKeys: self.names, values: self.values) }

    mutating func append(_ value: JSONValue, named name: String, fingerprint: UInt64) {
        if self.many != nil {
            self.many?.updateValue(value, forKey: name)
            return
        }
        if self.fingerprints & fingerprint != 0, let index = self.names.firstIndex(of: name) {
            self.values[index] = value
            return
        }
        if self.names.count == Self.few {
            var object = self.object
            object.updateValue(value, forKey: name)
            self.many = object
            return
        }
        if self.names.isEmpty {
            self.names.reserveCapacity(Self.fewest)
            self.values.reserveCapacity(Self.fewest)
        }
        self.fingerprints |= fingerprint
        self.names.append(name)
        self.values.append(value)
    }
}
