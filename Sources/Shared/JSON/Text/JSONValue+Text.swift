extension JSONValue {
    /// Reads one JSON document (RFC 8259).
    ///
    /// Of members with the same name the last one counts.
    package static func parse(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSONValue {
        try JSONReader.read(bytes)
    }

    /// Reads one JSON document from a text.
    package static func parse(_ text: String) throws(JSONSyntaxError) -> JSONValue {
        try JSONReader.read(Array(text.utf8))
    }

    /// The value as JSON, without white space.
    package var text: String { String(decoding: self.bytes, as: UTF8.self) }

    /// The value as JSON, one member or element a line, indented by two spaces.
    package var prettyText: String { String(decoding: self.prettyBytes, as: UTF8.self) }

    /// The value as JSON in UTF-8, without white space.
    package var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.bytes
    }

    package var prettyBytes: [UInt8] {
        var writer = JSONWriter()
        writer.writePretty(self)
        return writer.bytes
    }
}
