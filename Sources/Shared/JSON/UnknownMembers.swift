public import OrderedCollections

/// What a document has beside the members' values, kept so that it is written back whole: members that the type does
/// not know, and members that were written although they are empty (`inputs: {}`).
///
/// One word, which is empty nearly always.
@usableFromInline
package struct UnknownMembers: Hashable, Sendable {
    @usableFromInline var box = Boxed<JSONObject>()

    @inlinable
    package init() {}

    package init(_ members: JSONObject) {
        self.box.wrappedValue = members.isEmpty ? nil : members
    }

    @inlinable
    package var isEmpty: Bool { self.box.isEmpty }

    @usableFromInline
    package var members: JSONObject { self.box.wrappedValue ?? [:] }

    @usableFromInline
    package subscript(_ name: String) -> JSONValue? {
        get { self.box.wrappedValue?[name] }
        set {
            var members = self.members
            members[name] = newValue
            self.box.wrappedValue = members.isEmpty ? nil : members
        }
    }
}
