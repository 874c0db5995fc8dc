/// Which workflows a query means.
package struct WorkflowFilter: Sendable, Hashable {
    package enum LabelRequirement: Sendable, Hashable {
        case isIn(String, [String])
        case isNotIn(String, [String])
        case exists(String)
        case isAbsent(String)
        case isGreater(String, than: Int)
        case isLess(String, than: Int)
    }

    package enum NameRequirement: Sendable, Hashable {
        case equals(String)
        case differs(String)
        case hasPrefix(String)
        case contains(String)
    }

    /// A place in a list: everything after this workflow.
    package struct Position: Sendable, Hashable {
        package var createdAt: Int64
        package var uid: String

        package init(createdAt: Int64, uid: String) {
            self.createdAt = createdAt
            self.uid = uid
        }
    }

    package var namespace: String?
    package var uid: String?
    package var phase: String?
    package var labels: [LabelRequirement] = []
    package var names: [NameRequirement] = []
    /// Seconds since 1970.
    package var createdAfter: Int64?
    package var finishedBefore: Int64?
    package var after: Position?
    package var limit: Int?
    package var withoutNodes = false

    package init() {}

    /// The filter without what of a workflow can change, and without nodes.
    var withoutState: WorkflowFilter {
        var filter = self
        filter.phase = nil
        filter.finishedBefore = nil
        filter.labels = []
        filter.withoutNodes = true
        return filter
    }

    /// Whether a workflow with these properties is meant; `after` and `limit` aside.
    ///
    /// The same as what the SQL says.
    package func matches(
        name: WorkflowName, uid: String, head: WorkflowHead, labels: (String) -> String?
    ) -> Bool {
        if let namespace = self.namespace, namespace != name.namespace { return false }
        if let wanted = self.uid, wanted != uid { return false }
        if let phase = self.phase, phase != head.phase { return false }
        if let bound = self.createdAfter, head.createdAt <= bound { return false }
        if let bound = self.finishedBefore, (head.finishedAt ?? .max) >= bound { return false }
        return self.names.allSatisfy { $0.matches(name.name) } && self.labels.allSatisfy { $0.matches(labels) }
    }
}

extension WorkflowFilter.NameRequirement {
    func matches(_ name: String) -> Bool {
        switch self {
        case .equals(let other): name == other
        case .differs(let other): name != other
        case .hasPrefix(let prefix): name.hasPrefix(prefix)
        case .contains(let part): part.isEmpty || name.containsText(part)
        }
    }
}

extension WorkflowFilter.LabelRequirement {
    package func matches(_ labels: (String) -> String?) -> Bool {
        switch self {
        case .isIn(let key, let values): labels(key).map { values.contains($0) } ?? false
        // As in Kubernetes, what has no such label is not in any list.
        case .isNotIn(let key, let values): labels(key).map { !values.contains($0) } ?? true
        case .exists(let key): labels(key) != nil
        case .isAbsent(let key): labels(key) == nil
        case .isGreater(let key, let bound): labels(key).flatMap { Int($0) }.map { $0 > bound } ?? false
        case .isLess(let key, let bound): labels(key).flatMap { Int($0) }.map { $0 < bound } ?? false
        }
    }
}

extension String {
    func containsText(_ part: String) -> Bool {
        let bytes = Array(self.utf8)
        let wanted = Array(part.utf8)
        guard wanted.count <= bytes.count else { return false }
        return (0...(bytes.count - wanted.count)).contains { bytes[$0..<$0 + wanted.count].elementsEqual(wanted) }
    }
}
