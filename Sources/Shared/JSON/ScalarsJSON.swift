public import OrderedCollections

extension String: JSONConvertible {
    @inlinable
    package init(json: JSONValue, at place: DecodingPlace) throws(DecodingFailure) {
        guard case .string(let text) = json else { throw .mismatch(json, expected: "string", at: place) }
        self = text
    }

    @inlinable
    package func json(_ style: EncodingStyle) -> JSONValue { .string(self) }
}

extension Bool: JSONConvertible {
    @inlinable
    package init(json: JSONValue, at place: DecodingPlace) throws(DecodingFailure) {
        guard case .bool(let value) = json else { throw .mismatch(json, expected: "boolean", at: place) }
        self = value
    }

    @inlinable
    package func json(_ style: EncodingStyle) -> JSONValue { .bool(self) }
}

extension Int: JSONConvertible {
    @inlinable
    package init(json: JSONValue, at place: DecodingPlace) throws(DecodingFailure) {
        guard case .integer(let number) = json else { throw .mismatch(json, expected: "integer", at: place) }
        self = number
    }

    @inlinable
    package func json(_ style: EncodingStyle) -> JSONValue { .integer(self) }
}

extension JSONValue: JSONConvertible {
    @inlinable
    package init(json: JSONValue, at place: DecodingPlace) { self = json }

    @inlinable
    package func json(_ style: EncodingStyle) -> JSONValue { self }
}

extension Array: JSONConvertible where Element: JSONConvertible {
    @inlinable
    package init(json: JSONValue, at place: DecodingPlace) throws(DecodingFailure) {
        guard case .array(let elements) = json else { throw .mismatch(json, expected: "array", at: place) }
        self = []
        self.reserveCapacity(elements.count)
        let inner = place.inner
        for (index, element) in elements.enumerated() {
            do {
                self.append(try Element(json: element, at: inner))
            } catch {
                throw error.within("[\(index)]", under: place.path)
            }
        }
    }

    @inlinable
    package func json(_ style: EncodingStyle) -> JSONValue { .array(self.map { $0.json(style) }) }
}

extension OrderedDictionary: JSONConvertible where Key == String, Value: JSONConvertible {
    @inlinable
    package init(json: JSONValue, at place: DecodingPlace) throws(DecodingFailure) {
        guard case .object(let members) = json else { throw .mismatch(json, expected: "object", at: place) }
        self = [:]
        self.reserveCapacity(members.count)
        let inner = place.inner
        for (name, value) in members {
            do {
                self[name] = try Value(json: value, at: inner)
            } catch {
                throw error.within(name, under: place.path)
            }
        }
    }

    /// Go writes maps in the order of their keys; what we store keeps the order in which it was written.
    @inlinable
    package func json(_ style: EncodingStyle) -> JSONValue {
        var members = self.mapValues { $0.json(style) }
        if style == .argo { members.sort { $0.key < $1.key } }
        return .object(members)
    }
}
