import PostgreSQL

/// A `WHERE` clause with its values, made of a filter.
///
/// Values are bound, never written into the text.
struct PostgresCondition {
    private(set) var text = "true"
    private(set) var values: [PostgresValue] = []

    init(_ filter: WorkflowFilter) {
        if let namespace = filter.namespace { self.add("w.namespace = \(self.bind(.text(namespace)))") }
        if let uid = filter.uid { self.add("w.uid = \(self.bind(.text(uid)))") }
        if let phase = filter.phase { self.add("w.phase = \(self.bind(.text(phase)))") }
        if let bound = filter.createdAfter { self.add("w.created_at > \(self.bind(.integer(bound)))") }
        if let bound = filter.finishedBefore { self.add("w.finished_at < \(self.bind(.integer(bound)))") }
        for name in filter.names { self.add(name) }
        for label in filter.labels { self.add(label) }
    }

    mutating func add(_ condition: String) { self.text += " AND \(condition)" }

    /// The place of a value.
    mutating func bind(_ value: PostgresValue) -> String {
        self.values.append(value)
        return "$\(self.values.count)"
    }

    mutating func add(after position: WorkflowFilter.Position) {
        let (time, uid) = (self.bind(.integer(position.createdAt)), self.bind(.text(position.uid)))
        self.add("(w.created_at < \(time) OR (w.created_at = \(time) AND w.uid > \(uid)))")
    }

    private mutating func add(_ name: WorkflowFilter.NameRequirement) {
        switch name {
        case .equals(let other): self.add("w.name = \(self.bind(.text(other)))")
        case .differs(let other): self.add("w.name <> \(self.bind(.text(other)))")
        case .hasPrefix(let prefix): self.add("starts_with(w.name, \(self.bind(.text(prefix))))")
        case .contains(let part): self.add("strpos(w.name, \(self.bind(.text(part)))) > 0")
        }
    }

    private mutating func add(_ label: WorkflowFilter.LabelRequirement) {
        switch label {
        case .exists(let key): self.add(self.row(key))
        case .isAbsent(let key): self.add("NOT \(self.row(key))")
        case .isGreater(let key, let bound): self.add(self.row(key, and: Self.number, ">", .integer(bound)))
        case .isLess(let key, let bound): self.add(self.row(key, and: Self.number, "<", .integer(bound)))
        case .isIn(let key, let values): self.add(self.row(key, and: "l.value", "= ANY", .texts(values)))
        case .isNotIn(let key, let values): self.add("NOT " + self.row(key, and: "l.value", "= ANY", .texts(values)))
        }
    }

    private mutating func row(_ key: String) -> String {
        "EXISTS (SELECT 1 FROM labels l WHERE l.uid = w.uid AND l.key = \(self.bind(.text(key))))"
    }

    private mutating func row(_ key: String, and subject: String, _ relation: String, _ value: PostgresValue) -> String
    {
        let key = self.bind(.text(key))
        return """
            EXISTS (SELECT 1 FROM labels l WHERE l.uid = w.uid AND l.key = \(key) \
            AND \(subject) \(relation) (\(self.bind(value))))
            """
    }

    /// The label as a number, where it is one: the server may look at the parts of a condition in any order.
    private static let number = "CASE WHEN l.value ~ '^[0-9]{1,18}$' THEN l.value::bigint END"
}
