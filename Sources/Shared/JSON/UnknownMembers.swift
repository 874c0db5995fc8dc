import OrderedCollections

/// What a document has beside the members' values, kept so that it is written back whole: members that the type does
/// not know, and members that were written although they are empty (`inputs: {}`).
///
/// One word, which is empty nearly always.
package struct UnknownMembers: Hashable, Sendable {
    private var box = Boxed<JSONObject>()

    package init() {}

    package init(_ members: JSONObject) {
        self.box.wrappedValue = members.isEmpty ? nil : members
    }

    package var isEmpty: Bool { self.box.wrappedValue == nil }

    package var members: JSONObject { self.box.wrappedValue ?? [:] }

    package subscript(_ name: String) -> JSONValue? {
        get { self.box.wrappedValue?[name] }
        set {
            var members = self.members
            members[name] = newValue
            self.box.wrappedValue = members.isEmpty ? nil : members
        }
    }
}
