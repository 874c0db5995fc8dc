public import OrderedCollections

// How a member is read and written, by the kind of its Go type: an explicit `null` counts as absent everywhere.
// `always` is what Argo's server writes where the member is absent (Go fields without `omitempty`).
extension FieldGroup {
    /// A pointer: absent, or a value.
    @inlinable
    package static func optional<Value: JSONConvertible>(
        _ name: String, _ path: any WritableKeyPath<Root, Value?> & Sendable, always: JSONValue? = nil
    ) -> FieldGroup {
        let access = FieldAccess(path)
        return FieldGroup(
            Field(
                name: name,
                decode: { root, json, place throws(DecodingFailure) in
                    guard !json.isNull else { return true }
                    access.set(&root, to: try Value(json: json, at: place))
                    return true
                },
                encode: { root, style in
                    guard let value = access.get(root) else { return style == .argo ? always : nil }
                    return value.json(style)
                }))
    }

    /// A pointer that is kept in a box: the path is that of the box (`\._s3`).
    @inlinable
    package static func boxed<Value: JSONConvertible & Hashable>(
        _ name: String, _ path: any WritableKeyPath<Root, Boxed<Value>> & Sendable, always: JSONValue? = nil
    ) -> FieldGroup {
        let access = FieldAccess(path)
        return FieldGroup(
            Field(
                name: name,
                decode: { root, json, place throws(DecodingFailure) in
                    guard !json.isNull else { return true }
                    access.set(&root, to: Boxed(wrappedValue: try Value(json: json, at: place)))
                    return true
                },
                encode: { root, style in
                    guard let value = access.get(root).wrappedValue else { return style == .argo ? always : nil }
                    return value.json(style)
                }))
    }

    /// A value that is written unless it equals `absent`.
    @inlinable
    package static func defaulted<Value: JSONConvertible & Equatable>(
        _ name: String, _ path: any WritableKeyPath<Root, Value> & Sendable, absent: Value, always: JSONValue? = nil
    ) -> FieldGroup {
        let access = FieldAccess(path)
        return FieldGroup(
            Field(
                name: name,
                decode: { root, json, place throws(DecodingFailure) in
                    guard !json.isNull else { return true }
                    let value = try Value(json: json, at: place)
                    access.set(&root, to: value)
                    return value != absent
                },
                encode: { root, style in
                    let value = access.get(root)
                    guard value == absent else { return value.json(style) }
                    return style == .argo ? always : nil
                }))
    }

    /// A value that is always written.
    @inlinable
    package static func required<Value: JSONConvertible>(
        _ name: String, _ path: any WritableKeyPath<Root, Value> & Sendable
    ) -> FieldGroup {
        let access = FieldAccess(path)
        return FieldGroup(
            Field(
                name: name,
                decode: { root, json, place throws(DecodingFailure) in
                    guard !json.isNull else { return true }
                    access.set(&root, to: try Value(json: json, at: place))
                    return true
                },
                encode: { root, style in access.get(root).json(style) }))
    }

    /// A string with `omitempty`: the empty string counts as absent, so that code need not ask for both.
    @inlinable
    package static func text(
        _ name: String, _ path: any WritableKeyPath<Root, String?> & Sendable
    ) -> FieldGroup {
        let access = FieldAccess(path)
        return FieldGroup(
            Field(
                name: name,
                decode: { root, json, place throws(DecodingFailure) in
                    guard !json.isNull else { return true }
                    let text = try String(json: json, at: place)
                    guard !text.isEmpty else { return false }
                    access.set(&root, to: text)
                    return true
                },
                encode: { root, style in
                    guard let text = access.get(root), !text.isEmpty else { return nil }
                    return .string(text)
                }))
    }

    /// A string without `omitempty`.
    @inlinable
    package static func requiredText(
        _ name: String, _ path: any WritableKeyPath<Root, String> & Sendable
    ) -> FieldGroup {
        .defaulted(name, path, absent: "", always: "")
    }

    /// A boolean that is no pointer; `always` where it has no `omitempty`.
    @inlinable
    package static func flag(
        _ name: String, _ path: any WritableKeyPath<Root, Bool> & Sendable, always: Bool = false
    ) -> FieldGroup {
        .defaulted(name, path, absent: false, always: always ? false : nil)
    }

    /// An integer that is no pointer; `always` where it has no `omitempty`.
    @inlinable
    package static func number(
        _ name: String, _ path: any WritableKeyPath<Root, Int> & Sendable, always: Bool = false
    ) -> FieldGroup {
        .defaulted(name, path, absent: 0, always: always ? 0 : nil)
    }

    /// A slice.
    @inlinable
    package static func list<Value: JSONConvertible & Equatable>(
        _ name: String, _ path: any WritableKeyPath<Root, [Value]> & Sendable, always: JSONValue? = nil
    ) -> FieldGroup {
        .defaulted(name, path, absent: [], always: always)
    }

    /// A map with text keys.
    @inlinable
    package static func map<Value: JSONConvertible & Equatable>(
        _ name: String, _ path: any WritableKeyPath<Root, OrderedDictionary<String, Value>> & Sendable,
        always: JSONValue? = nil
    ) -> FieldGroup {
        .defaulted(name, path, absent: [:], always: always)
    }

    /// A struct that is no pointer: Argo's server writes it even where it is empty.
    @inlinable
    package static func object<Value: ModelObject>(
        _ name: String, _ path: any WritableKeyPath<Root, Value> & Sendable
    ) -> FieldGroup {
        let access = FieldAccess(path)
        return FieldGroup(
            Field(
                name: name,
                decode: { root, json, place throws(DecodingFailure) in
                    guard !json.isNull else { return true }
                    let value = try Value(json: json, at: place)
                    access.set(&root, to: value)
                    return value != Value()
                },
                encode: { root, style in
                    let value = access.get(root)
                    if style == .compact, value == Value() { return nil }
                    return value.json(style)
                }))
    }

    /// Argo's `AnyString`: any scalar, kept as its text.
    @inlinable
    package static func anyText(
        _ name: String, _ path: any WritableKeyPath<Root, String?> & Sendable
    ) -> FieldGroup {
        let access = FieldAccess(path)
        return FieldGroup(
            Field(
                name: name,
                decode: { root, json, _ throws(DecodingFailure) in
                    guard !json.isNull else { return true }
                    access.set(&root, to: json.anyText)
                    return true
                },
                encode: { root, _ in access.get(root).map(JSONValue.string) }))
    }

    /// A list of Argo's `AnyString`.
    @inlinable
    package static func anyTexts(
        _ name: String, _ path: any WritableKeyPath<Root, [String]> & Sendable
    ) -> FieldGroup {
        let access = FieldAccess(path)
        return FieldGroup(
            Field(
                name: name,
                decode: { root, json, place throws(DecodingFailure) in
                    guard !json.isNull else { return true }
                    guard case .array(let elements) = json else {
                        throw .mismatch(json, expected: "array", at: place)
                    }
                    access.set(&root, to: elements.map(\.anyText))
                    return !elements.isEmpty
                },
                encode: { root, _ in
                    let texts = access.get(root)
                    if texts.isEmpty { return nil }
                    return .array(texts.map(JSONValue.string))
                }))
    }

    /// All members of an object that stands in the same JSON object (Go's embedded structs).
    @inlinable
    package static func inline<Value: ModelObject>(
        _ path: any WritableKeyPath<Root, Value> & Sendable
    ) -> FieldGroup {
        let access = FieldAccess(path)
        return FieldGroup(
            Value.fields.fields.map { field in
                Field(
                    name: field.name, isRaw: field.isRaw,
                    decode: { root, json, place throws(DecodingFailure) in
                        var value = access.get(root)
                        let isVisible = try field.decode(&value, json, place)
                        access.set(&root, to: value)
                        return isVisible
                    },
                    encode: { root, style in field.encode(access.get(root), style) })
            })
    }

    /// A member that is known by its name only, and kept as it was written.
    @inlinable
    package static func raw(_ name: String) -> FieldGroup {
        FieldGroup(
            Field(
                name: name, isRaw: true,
                decode: { _, json, _ throws(DecodingFailure) in json.isNull },
                encode: { _, _ in nil }))
    }
}
