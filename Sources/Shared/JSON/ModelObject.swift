import OrderedCollections

/// A JSON object with named, typed members: one line a member says its name, its type, and how it is read and written.
///
///     package struct TTLStrategy: ModelObject {
///         package var secondsAfterCompletion: Int?
///         package var unknown = JSONObject()
///         package init() {}
///         package static let fields = FieldTable<Self>([
///             .optional("secondsAfterCompletion", \.secondsAfterCompletion),
///         ])
///     }
package protocol ModelObject: JSONConvertible, Hashable {
    init()
    static var fields: FieldTable<Self> { get }
    /// Members that the type does not know, kept so that a document is written back whole.
    var unknown: JSONObject { get set }
}

/// The members of a type, by name.
package struct FieldTable<Root>: Sendable {
    package let fields: [Field<Root>]
    private let indexByName: [String: Int]

    package init(_ fields: [Field<Root>]) {
        self.fields = fields
        self.indexByName = Dictionary(
            fields.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    package subscript(_ name: String) -> Field<Root>? { self.indexByName[name].map { self.fields[$0] } }

    package var names: [String] { self.fields.map(\.name) }
}

/// One member of an object.
package struct Field<Root>: Sendable {
    package let name: String
    package let decode: @Sendable (inout Root, JSONValue, DecodingPlace) throws(DecodingFailure) -> Void
    /// The member's JSON form, or `nil` where it is left out.
    package let encode: @Sendable (Root, EncodingStyle) -> JSONValue?

    /// A member that may be absent. An explicit `null` counts as absent.
    ///
    /// - Parameter always: what Argo's server writes where the member is absent (Go fields without `omitempty`).
    package static func optional<Value: JSONConvertible>(
        _ name: String, _ path: any WritableKeyPath<Root, Value?> & Sendable, always: JSONValue? = nil
    ) -> Field {
        Field(
            name: name,
            decode: { root, json, place throws(DecodingFailure) in
                guard !json.isNull else { return }
                root[keyPath: path] = try Value(json: json, at: place)
            },
            encode: { root, style in
                guard let value = root[keyPath: path] else { return style == .argo ? always : nil }
                return value.json(style)
            })
    }

    /// A member with a value of its own where the document has none: left out where it equals `absent`.
    package static func defaulted<Value: JSONConvertible & Equatable>(
        _ name: String, _ path: any WritableKeyPath<Root, Value> & Sendable, absent: Value, always: JSONValue? = nil
    ) -> Field {
        Field(
            name: name,
            decode: { root, json, place throws(DecodingFailure) in
                guard !json.isNull else { return }
                root[keyPath: path] = try Value(json: json, at: place)
            },
            encode: { root, style in
                let value = root[keyPath: path]
                guard value == absent else { return value.json(style) }
                return style == .argo ? always : nil
            })
    }
}

extension ModelObject {
    package init(json: JSONValue, at place: DecodingPlace) throws(DecodingFailure) {
        guard case .object(let members) = json else { throw .mismatch(json, expected: "object", at: place) }
        self.init()
        for (name, value) in members {
            if let field = Self.fields[name] {
                try field.decode(&self, value, place.member(name))
            } else if place.isStrict {
                throw DecodingFailure(
                    path: place.member(name).path,
                    reason: .unknownField(suggestion: nearestName(to: name, in: Self.fields.names)))
            } else {
                self.unknown[name] = value
            }
        }
    }

    package func json(_ style: EncodingStyle) -> JSONValue {
        var members = JSONObject()
        for field in Self.fields.fields {
            if let value = field.encode(self, style) { members[field.name] = value }
        }
        for (name, value) in self.unknown { members[name] = value }
        return .object(members)
    }
}

/// The candidate that differs from `name` by the fewest edits, if it is near enough to be meant.
package func nearestName(to name: String, in candidates: [String]) -> String? {
    let scored = candidates.map { ($0, editDistance(Array(name.lowercased().utf8), Array($0.lowercased().utf8))) }
    guard let best = scored.min(by: { $0.1 < $1.1 }), best.1 <= max(1, name.utf8.count / 3) else { return nil }
    return best.0
}

private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var previous = Array(0...right.count)
    for (row, byte) in left.enumerated() {
        var current = [row + 1]
        for (column, other) in right.enumerated() {
            current.append(min(previous[column + 1] + 1, current[column] + 1, previous[column] + (byte == other ? 0 : 1)))
        }
        previous = current
    }
    return previous[right.count]
}
