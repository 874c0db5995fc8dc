/// The members of a type, by name, in the order in which they are written.
@usableFromInline
package struct FieldTable<Root>: Sendable {
    @usableFromInline package let fields: [Field<Root>]
    @usableFromInline let indexByName: [String: Int]

    @inlinable
    package init(_ groups: [FieldGroup<Root>]) {
        self.fields = groups.flatMap(\.fields)
        self.indexByName = Dictionary(
            self.fields.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    package subscript(_ name: String) -> Field<Root>? { self.indexByName[name].map { self.fields[$0] } }

    @usableFromInline
    package var names: [String] { self.fields.map(\.name) }

    /// The place of a member; the fastest where it is at or a little after `expected`.
    @inlinable
    package func index(of name: String, near expected: Int) -> Int? {
        var index = expected
        let end = min(expected + 6, self.fields.count)
        while index < end {
            if self.fields[index].name == name { return index }
            index += 1
        }
        return self.indexByName[name]
    }
}

/// One line of a field table: a member, or all members of an object that stands in the same JSON object.
@usableFromInline
package struct FieldGroup<Root>: Sendable {
    @usableFromInline package let fields: [Field<Root>]

    @inlinable
    package init(_ field: Field<Root>) { self.fields = [field] }

    @inlinable
    package init(_ fields: [Field<Root>]) { self.fields = fields }
}

/// One member of an object.
@usableFromInline
package struct Field<Root>: Sendable {
    @usableFromInline package let name: String
    /// Reads the member.
    ///
    /// Answers `false` where the value is the same as an absent one: the object then remembers how it was written.
    @usableFromInline package let decode:
        @Sendable (inout Root, JSONValue, DecodingPlace) throws(DecodingFailure) -> Bool
    /// The member's JSON form, or `nil` where it is left out.
    @usableFromInline package let encode: @Sendable (borrowing Root, EncodingStyle) -> JSONValue?
    /// Whether the value is only known by name and lies in `unknown`, as it was written.
    @usableFromInline package let isRaw: Bool

    @inlinable
    package init(
        name: String, isRaw: Bool = false,
        decode: @escaping @Sendable (inout Root, JSONValue, DecodingPlace) throws(DecodingFailure) -> Bool,
        encode: @escaping @Sendable (borrowing Root, EncodingStyle) -> JSONValue?
    ) {
        self.name = name
        self.isRaw = isRaw
        self.decode = decode
        self.encode = encode
    }
}
