package import OrderedCollections

extension String: JSONConvertible {
    package init(json: JSONValue, at place: DecodingPlace) throws(DecodingFailure) {
        guard case .string(let text) = json else { throw .mismatch(json, expected: "string", at: place) }
        self = text
    }

    package func json(_ style: EncodingStyle) -> JSONValue { .string(self) }
}

extension Bool: JSONConvertible {
    package init(json: JSONValue, at place: DecodingPlace) throws(DecodingFailure) {
        guard case .bool(let value) = json else { throw .mismatch(json, expected: "boolean", at: place) }
        self = value
    }

    package func json(_ style: EncodingStyle) -> JSONValue { .bool(self) }
}

extension Int: JSONConvertible {
    package init(json: JSONValue, at place: DecodingPlace) throws(DecodingFailure) {
        guard case .integer(let number) = json else { throw .mismatch(json, expected: "integer", at: place) }
        self = number
    }

    package func json(_ style: EncodingStyle) -> JSONValue { .integer(self) }
}

extension JSONValue: JSONConvertible {
    package init(json: JSONValue, at place: DecodingPlace) { self = json }

    package func json(_ style: EncodingStyle) -> JSONValue { self }
}

extension Array: JSONConvertible where Element: JSONConvertible {
    package init(json: JSONValue, at place: DecodingPlace) throws(DecodingFailure) {
        guard case .array(let elements) = json else { throw .mismatch(json, expected: "array", at: place) }
        self = []
        self.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            self.append(try Element(json: element, at: place.element(index)))
        }
    }

    package func json(_ style: EncodingStyle) -> JSONValue { .array(self.map { $0.json(style) }) }
}

extension OrderedDictionary: JSONConvertible where Key == String, Value: JSONConvertible {
    package init(json: JSONValue, at place: DecodingPlace) throws(DecodingFailure) {
        guard case .object(let members) = json else { throw .mismatch(json, expected: "object", at: place) }
        self = [:]
        for (name, value) in members { self[name] = try Value(json: value, at: place.member(name)) }
    }

    package func json(_ style: EncodingStyle) -> JSONValue { .object(self.mapValues { $0.json(style) }) }
}
