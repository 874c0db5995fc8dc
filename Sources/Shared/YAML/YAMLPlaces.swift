import JSON
import OrderedCollections

/// Finds where in a text a value is written, by the path that decoders call it by: `spec.templates[0].container`.
///
/// The text is read once more for it, so that reading what is right costs nothing for places that nobody asks for.
package enum YAMLPlaces {
    /// Where the value stands, or its key where `isKey`; `nil` where the text cannot be read.
    ///
    /// What comes from an alias, or is not there, stands where the nearest value around it does.
    ///
    /// - Parameter object: the number of the object, as `YAMLDocuments.read` returns them.
    package static func mark(of path: String, isKey: Bool, object: Int, in bytes: [UInt8]) -> YAMLMark? {
        do throws(YAMLSyntaxError) {
            var reader = YAMLReader(bytes, isStrict: false, lettersAreBooleans: true)
            let documents = try reader.documents()
            guard let (document, prefix) = self.place(ofObject: object, in: documents) else { return nil }
            let whole = prefix.isEmpty || path.isEmpty ? prefix + path : "\(prefix).\(path)"
            var walk = Walk(bytes, target: whole, isKey: isKey)
            return try walk.mark(inDocument: document)
        } catch {
            return nil
        }
    }

    /// The number of the document that holds an object, and the path within it.
    private static func place(ofObject object: Int, in documents: [JSONValue]) -> (document: Int, prefix: String)? {
        var count = 0
        for (index, document) in documents.enumerated() where !document.isNull {
            if let path = self.path(ofObject: object, in: document, at: "", &count) { return (index, path) }
        }
        return nil
    }

    /// The path of an object within a document that may be a list, of lists too; counts what it passes.
    private static func path(
        ofObject object: Int, in document: JSONValue, at path: String, _ count: inout Int
    ) -> String? {
        guard let items = YAMLDocuments.list(document) else {
            defer { count += 1 }
            return count == object ? path : nil
        }
        for (item, value) in items.enumerated() where !value.isNull {
            let place = path.isEmpty ? "items[\(item)]" : "\(path).items[\(item)]"
            if let found = self.path(ofObject: object, in: value, at: place, &count) { return found }
        }
        return nil
    }

    /// One walk over the events of a text, looking for a path.
    private struct Walk {
        private let events: YAMLEvents
        private let target: String
        private let isKey: Bool
        /// The place of what is nearest so far, and the length of its path.
        private var nearest: (mark: YAMLMark, length: Int)?

        init(_ bytes: [UInt8], target: String, isKey: Bool) {
            self.events = YAMLEvents(bytes)
            self.target = target
            self.isKey = isKey
        }

        mutating func mark(inDocument number: Int) throws(YAMLSyntaxError) -> YAMLMark? {
            var index = -1
            while true {
                switch try self.events.next() {
                case .streamEnd: return self.nearest?.mark
                case .documentStart:
                    index += 1
                    let event = try self.events.next()
                    try self.visit(event, at: index == number ? "" : nil)
                    if index == number { return self.nearest?.mark }
                case .documentEnd, .alias, .scalar, .sequenceStart, .sequenceEnd, .mappingStart, .mappingEnd: continue
                }
            }
        }

        /// Goes through one value; without a path, to its end only.
        private mutating func visit(_ event: YAMLEvents.Event, at path: String?) throws(YAMLSyntaxError) {
            if let path { self.note(path) }
            switch event {
            case .sequenceStart:
                var index = 0
                while true {
                    let event = try self.events.next()
                    if case .sequenceEnd = event { return }
                    try self.visit(event, at: path.map { "\($0)[\(index)]" })
                    index += 1
                }
            case .mappingStart:
                while true {
                    let event = try self.events.next()
                    if case .mappingEnd = event { return }
                    let mark = self.events.mark
                    guard case .scalar(let key, _) = event else {
                        // No path leads through a key that is no text.
                        try self.visit(event, at: nil)
                        try self.visit(try self.events.next(), at: nil)
                        continue
                    }
                    let member = path.map { $0.isEmpty ? key.text : "\($0).\(key.text)" }
                    let value = try self.events.next()
                    try self.visit(value, at: member)
                    if self.isKey, member == self.target { self.nearest = (mark, Int.max) }
                }
            case .alias, .scalar, .documentStart, .documentEnd, .streamEnd, .sequenceEnd, .mappingEnd: return
            }
        }

        /// Takes the place of the last event for the nearest, if its path is the target or leads there.
        private mutating func note(_ path: String) {
            guard self.target.hasPrefix(path) else { return }
            let rest = self.target.dropFirst(path.count)
            guard path.isEmpty || rest.isEmpty || rest.hasPrefix(".") || rest.hasPrefix("["),
                path.utf8.count >= self.nearest?.length ?? 0
            else { return }
            self.nearest = (self.events.mark, path.utf8.count)
        }
    }
}
