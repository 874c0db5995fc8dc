import JSON
import OrderedCollections

/// Builds JSON values from what libyaml finds, within `YAMLLimits`.
struct YAMLReader {
    private let events: YAMLEvents
    private let isStrict: Bool
    private let lettersAreBooleans: Bool
    private var anchors: [String: Anchored] = [:]
    private var aliasedValues = 0
    private var depth = 0

    /// A value with a name, and how much it stands for.
    private struct Anchored {
        var value: JSONValue
        var count: Int
        var depth: Int
    }

    init(_ bytes: [UInt8], isStrict: Bool, lettersAreBooleans: Bool) {
        self.events = YAMLEvents(bytes)
        self.isStrict = isStrict
        self.lettersAreBooleans = lettersAreBooleans
    }

    mutating func documents() throws(YAMLSyntaxError) -> [JSONValue] {
        var documents: [JSONValue] = []
        while true {
            switch try self.events.next() {
            case .documentStart:
                self.anchors = [:]
                documents.append(try self.value(of: try self.events.next()))
                guard documents.count <= YAMLLimits.documents else {
                    throw self.failure("expected at most \(YAMLLimits.documents) documents")
                }
            case .streamEnd: return documents
            case .documentEnd, .alias, .scalar, .sequenceStart, .sequenceEnd, .mappingStart, .mappingEnd: continue
            }
        }
    }

    private mutating func value(of event: YAMLEvents.Event) throws(YAMLSyntaxError) -> JSONValue {
        let value: JSONValue
        let name: String?
        switch event {
        case .alias(let anchor): return try self.aliased(anchor)
        case .scalar(let scalar, let anchor):
            value = try self.scalar(scalar)
            name = anchor
        case .sequenceStart(let anchor):
            value = try self.sequence()
            name = anchor
        case .mappingStart(let anchor):
            value = try self.mapping()
            name = anchor
        case .documentStart, .documentEnd, .streamEnd, .sequenceEnd, .mappingEnd:
            throw self.failure("expected a value")
        }
        if let name {
            let size = value.size
            self.anchors[name] = Anchored(value: value, count: size.count, depth: size.depth)
        }
        return value
    }

    private mutating func sequence() throws(YAMLSyntaxError) -> JSONValue {
        try self.enter()
        var elements: [JSONValue] = []
        while true {
            let event = try self.events.next()
            if case .sequenceEnd = event {
                self.depth -= 1
                return .array(elements)
            }
            elements.append(try self.value(of: event))
        }
    }

    private mutating func mapping() throws(YAMLSyntaxError) -> JSONValue {
        try self.enter()
        var members = JSONObject()
        var merged = JSONObject()
        while true {
            let event = try self.events.next()
            if case .mappingEnd = event { break }
            if case .scalar(let key, _) = event, key.isMerge {
                try self.merge(into: &merged)
                continue
            }
            let mark = self.events.mark
            let name = try self.key(from: event)
            if self.isStrict, members[name] != nil {
                throw self.failure("found key \"\(name)\" a second time, expected each key once", at: mark)
            }
            members[name] = try self.value(of: try self.events.next())
        }
        self.depth -= 1
        // The mapping's own keys win, wherever the merge stands.
        for (name, value) in merged where members[name] == nil { members[name] = value }
        return .object(members)
    }

    /// Takes the value of a `<<`: a mapping, or several of which the first wins.
    private mutating func merge(into merged: inout JSONObject) throws(YAMLSyntaxError) {
        let mark = self.events.mark
        let value = try self.value(of: try self.events.next())
        let sources = value.arrayValue ?? [value]
        for source in sources {
            guard case .object(let members) = source else {
                throw self.failure("expected a mapping or a list of mappings to merge, found \(source.kind)", at: mark)
            }
            for (name, value) in members where merged[name] == nil { merged[name] = value }
        }
    }

    /// A key as text: JSON has no other.
    private mutating func key(from event: YAMLEvents.Event) throws(YAMLSyntaxError) -> String {
        let mark = self.events.mark
        let value = try self.value(of: event)
        switch value {
        case .string(let text): return text
        case .integer, .double, .bool: return value.anyText
        case .null, .array, .object: throw self.failure("expected a text as key, found \(value.kind)", at: mark)
        }
    }

    private func scalar(_ scalar: YAMLScalar) throws(YAMLSyntaxError) -> JSONValue {
        if !self.lettersAreBooleans, ["y", "Y", "n", "N"].contains(scalar.text) { return .string(scalar.text) }
        do throws(YAMLScalarProblem) {
            return try scalar.value()
        } catch {
            throw self.failure(error.text)
        }
    }

    private mutating func aliased(_ name: String) throws(YAMLSyntaxError) -> JSONValue {
        guard let anchored = self.anchors[name] else {
            throw self.failure("found alias *\(name), expected an anchor &\(name) before it")
        }
        self.aliasedValues += anchored.count
        guard self.aliasedValues <= YAMLLimits.aliasedValues else {
            throw self.failure("expected aliases to stand for at most \(YAMLLimits.aliasedValues) values")
        }
        guard self.depth + anchored.depth <= YAMLLimits.depth else { throw self.tooDeep() }
        return anchored.value
    }

    private mutating func enter() throws(YAMLSyntaxError) {
        guard self.depth < YAMLLimits.depth else { throw self.tooDeep() }
        self.depth += 1
    }

    private func tooDeep() -> YAMLSyntaxError {
        self.failure("expected at most \(YAMLLimits.depth) nested sequences and mappings")
    }

    private func failure(_ problem: String, at mark: YAMLMark? = nil) -> YAMLSyntaxError {
        YAMLSyntaxError(mark: mark ?? self.events.mark, problem: problem)
    }
}

extension JSONValue {
    /// How many values this one is made of, and how deep it is.
    fileprivate var size: (count: Int, depth: Int) {
        let children: [JSONValue]
        switch self {
        case .null, .bool, .integer, .double, .string: return (1, 0)
        case .array(let elements): children = elements
        case .object(let members): children = Array(members.values)
        }
        return children.reduce(into: (1, 1)) { total, child in
            let size = child.size
            total.0 += size.count
            total.1 = max(total.1, size.depth + 1)
        }
    }
}
