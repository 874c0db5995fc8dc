public import OrderedCollections

/// A JSON object with named, typed members: one line a member says its name, its type, and how it is read and written.
///
///     package struct TTLStrategy: ModelObject {
///         package var secondsAfterCompletion: Int?
///         package var unknown = UnknownMembers()
///         package init() {}
///         package static let fields = FieldTable<Self>([
///             .optional("secondsAfterCompletion", \.secondsAfterCompletion),
///         ])
///     }
@usableFromInline
package protocol ModelObject: JSONConvertible, Hashable {
    init()
    static var fields: FieldTable<Self> { get }
    /// What a document has beside the members' values, kept so that it is written back whole.
    var unknown: UnknownMembers { get set }
}

extension ModelObject {
    @inlinable
    package init(json: JSONValue, at place: DecodingPlace) throws(DecodingFailure) {
        guard case .object(let members) = json else { throw .mismatch(json, expected: "object", at: place) }
        self.init()
        let table = Self.fields
        let inner = place.inner
        var expected = 0
        for (name, value) in members {
            // Documents that we wrote have their members in the table's order: the next one is mostly the right one.
            guard let index = table.index(of: name, near: expected) else {
                if place.isStrict { throw unknownField(name, at: place, among: table.names) }
                self.unknown[name] = value
                continue
            }
            expected = index + 1
            do {
                let isVisible = try table.fields[index].decode(&self, value, inner)
                if !isVisible { self.unknown[name] = withoutNulls(value) }
            } catch {
                throw error.within(name, under: place.path)
            }
        }
    }

    @inlinable
    package func json(_ style: EncodingStyle) -> JSONValue {
        var names: ContiguousArray<String> = []
        var values: ContiguousArray<JSONValue> = []
        names.reserveCapacity(expectedMembers)
        values.reserveCapacity(expectedMembers)
        let table = Self.fields
        for field in table.fields {
            guard let value = field.encode(self, style) else { continue }
            names.append(field.name)
            values.append(value)
        }
        // A table names each member once.
        var members = JSONObject(uncheckedUniqueKeys: names, values: values)
        if !self.unknown.isEmpty { self.addUnknown(to: &members, table: table, style) }
        return .object(members)
    }

    @usableFromInline
    func addUnknown(to members: inout JSONObject, table: FieldTable<Self>, _ style: EncodingStyle) {
        for (name, value) in self.unknown.members where members[name] == nil {
            // Argo's server leaves out what is empty, however it was written.
            if style == .argo, let index = table.index(of: name, near: 0), !table.fields[index].isRaw { continue }
            members[name] = value
        }
    }
}

/// How many members an object mostly has.
@usableFromInline
let expectedMembers = 8

/// What is left of an empty value once explicit nulls are gone, which count as absent.
@usableFromInline
func withoutNulls(_ json: JSONValue) -> JSONValue {
    guard case .object(let members) = json else { return json }
    return .object(members.filter { !$0.value.isNull })
}

@usableFromInline
func unknownField(_ name: String, at place: DecodingPlace, among names: [String]) -> DecodingFailure {
    DecodingFailure(
        path: place.member(name).path, reason: .unknownField(suggestion: nearestName(to: name, in: names)))
}

/// An object that has no members, where its mere presence says something: `none: {}`.
package struct EmptyObject: ModelObject {
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([])
}
