/// A value with one JSON form.
@usableFromInline
package protocol JSONConvertible: Sendable {
    /// Reads the value from its JSON form.
    ///
    /// - Throws: `DecodingFailure`, which names the path, what was found and what was expected.
    init(json: JSONValue, at place: DecodingPlace) throws(DecodingFailure)

    /// The JSON form, or `nil` where the value is empty and an enclosing object leaves it out.
    func json(_ style: EncodingStyle) -> JSONValue
}

/// How an object is written.
@usableFromInline
package enum EncodingStyle: Sendable {
    /// Only what is set. What we store, and what a file round-trips to.
    case compact
    /// With the members that Argo's server always writes (`"inputs":{}`, `"startedAt":null`), for clients that rely on
    /// them.
    case argo
}

/// Where a decoder stands: the path for messages, and whether unknown members are refused.
@usableFromInline
package struct DecodingPlace: Sendable {
    /// The path from the document's root, for example `spec.templates[0].container`.
    @usableFromInline package var path: String
    /// Whether a member that the type does not know is an error (`true`) or kept as it is (`false`).
    @usableFromInline package var isStrict: Bool

    @inlinable
    package init(path: String = "", isStrict: Bool = false) {
        self.path = path
        self.isStrict = isStrict
    }

    /// The place of what is inside: the path is put together only where a failure is on its way out.
    @inlinable
    package var inner: DecodingPlace { DecodingPlace(isStrict: self.isStrict) }

    @usableFromInline
    package func member(_ name: String) -> DecodingPlace {
        DecodingPlace(path: self.path.isEmpty ? name : "\(self.path).\(name)", isStrict: self.isStrict)
    }

    package func element(_ index: Int) -> DecodingPlace {
        DecodingPlace(path: "\(self.path)[\(index)]", isStrict: self.isStrict)
    }
}

/// Why a document is not what its type asks for.
@usableFromInline
package struct DecodingFailure: Error, Hashable, Sendable, CustomStringConvertible {
    @usableFromInline
    package enum Reason: Hashable, Sendable {
        /// A member that the type does not know, and the known name nearest to it.
        case unknownField(suggestion: String?)
        /// A value of the wrong kind or form.
        case mismatch(found: String, expected: String)
    }

    @usableFromInline package var path: String
    @usableFromInline package var reason: Reason

    @usableFromInline package init(path: String, reason: Reason) {
        self.path = path
        self.reason = reason
    }

    @usableFromInline
    package static func mismatch(_ found: JSONValue, expected: String, at place: DecodingPlace) -> DecodingFailure {
        DecodingFailure(path: place.path, reason: .mismatch(found: found.kind, expected: expected))
    }

    /// The same failure, told from outside: `name` is the member (or `[3]` the element) that it happened in.
    @usableFromInline
    package func within(_ name: String, under prefix: String = "") -> DecodingFailure {
        var failure = self
        if failure.path.isEmpty {
            failure.path = name
        } else {
            failure.path = failure.path.hasPrefix("[") ? name + failure.path : "\(name).\(failure.path)"
        }
        return prefix.isEmpty ? failure : failure.within(prefix)
    }

    @usableFromInline package var description: String {
        switch self.reason {
        case .unknownField(let suggestion?): "unknown field \"\(self.path)\" (did you mean \"\(suggestion)\"?)"
        case .unknownField(nil): "unknown field \"\(self.path)\""
        case .mismatch(let found, let expected): "\(self.path): expected \(expected), found \(found)"
        }
    }
}
