/// A `WHERE` clause with its values, made of a filter.
///
/// Values are bound, never written into the text.
struct SQLCondition {
    private(set) var text = "1"
    private(set) var values: [SQLiteValue] = []

    init(_ filter: WorkflowFilter) {
        if let namespace = filter.namespace { self.add("w.namespace = ?", .text(namespace)) }
        if let uid = filter.uid { self.add("w.uid = ?", .text(uid)) }
        if let phase = filter.phase { self.add("w.phase = ?", .text(phase)) }
        if let bound = filter.createdAfter { self.add("w.created_at > ?", .integer(bound)) }
        if let bound = filter.finishedBefore { self.add("w.finished_at < ?", .integer(bound)) }
        for name in filter.names { self.add(name) }
        for label in filter.labels { self.add(label) }
    }

    mutating func add(_ condition: String, _ values: SQLiteValue...) {
        self.text += " AND \(condition)"
        self.values += values
    }

    mutating func add(after position: WorkflowFilter.Position) {
        self.add(
            "(w.created_at < ? OR (w.created_at = ? AND w.uid > ?))", .integer(position.createdAt),
            .integer(position.createdAt), .text(position.uid))
    }

    private mutating func add(_ name: WorkflowFilter.NameRequirement) {
        switch name {
        case .equals(let other): self.add("w.name = ?", .text(other))
        case .differs(let other): self.add("w.name <> ?", .text(other))
        case .hasPrefix(let prefix): self.add("substr(w.name, 1, length(?)) = ?", .text(prefix), .text(prefix))
        case .contains(let part): self.add("instr(w.name, ?) > 0", .text(part))
        }
    }

    private mutating func add(_ label: WorkflowFilter.LabelRequirement) {
        let row = "EXISTS (SELECT 1 FROM labels l WHERE l.uid = w.uid AND l.key = ?"
        switch label {
        case .exists(let key): self.add("\(row))", .text(key))
        case .isAbsent(let key): self.add("NOT \(row))", .text(key))
        case .isGreater(let key, let bound):
            self.add("\(row) AND \(Self.isNumber) AND CAST(l.value AS INTEGER) > ?)", .text(key), .integer(bound))
        case .isLess(let key, let bound):
            self.add("\(row) AND \(Self.isNumber) AND CAST(l.value AS INTEGER) < ?)", .text(key), .integer(bound))
        case .isIn(let key, let values): self.add("\(row) AND l.value IN (\(places(values))))", key: key, values)
        case .isNotIn(let key, let values): self.add("NOT \(row) AND l.value IN (\(places(values))))", key: key, values)
        }
    }

    private mutating func add(_ condition: String, key: String, _ values: [String]) {
        self.text += " AND \(condition)"
        self.values.append(.text(key))
        self.values += values.map { .text($0) }
    }

    private static let isNumber = "l.value GLOB '[0-9]*' AND l.value NOT GLOB '*[^0-9]*'"

    private func places(_ values: [String]) -> String { values.map { _ in "?" }.joined(separator: ", ") }
}
