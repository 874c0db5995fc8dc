import ActorTransport
import Model
import OrderedCollections

extension WorkflowFilter {
    /// Reads what a client asks for; says too whether it wants to know how many items remain.
    static func reading(_ query: WorkflowQuery) throws(ServiceError) -> (WorkflowFilter, Bool) {
        var filter = try WorkflowFilter(
            namespace: query.namespace, labelSelector: query.labelSelector, fieldSelector: "")
        let fields = try Self.fields(query.fieldSelector)
        try filter.add(fields, nameFilter: query.nameFilter)
        if !query.namePattern.isEmpty { filter.names.append(.contains(query.namePattern)) }
        filter.createdAfter = try Self.seconds(query.createdAfter, of: "createdAfter") ?? filter.createdAfter
        filter.finishedBefore = try Self.seconds(query.finishedBefore, of: "finishedBefore")
        if let limit = query.limit, limit > 0 { filter.limit = limit }
        if let token = query.continueToken, !token.isEmpty { filter.after = try Self.position(token) }
        filter.withoutNodes = query.withoutNodes
        return (filter, fields.showsRemainingItemCount)
    }

    /// The part that lists and watches share.
    init(namespace: String?, labelSelector: String, fieldSelector: String) throws(ServiceError) {
        self.init()
        self.namespace = namespace.flatMap { $0.isEmpty ? nil : $0 }
        do {
            for requirement in try LabelSelector(labelSelector).requirements { self.add(requirement) }
        } catch {
            throw ServiceError(.invalidArgument, error.message)
        }
        try self.add(try Self.fields(fieldSelector), nameFilter: "")
    }

    private mutating func add(_ requirement: LabelSelector.Requirement) {
        switch requirement {
        case .isOneOf(let key, let values):
            // The phase is a column with an index of its own.
            self.labels.append(.isIn(key, values.sorted()))
        case .isNoneOf(let key, let values): self.labels.append(.isNotIn(key, values.sorted()))
        case .exists(let key): self.labels.append(.exists(key))
        case .doesNotExist(let key): self.labels.append(.isAbsent(key))
        case .isGreater(let key, let bound): self.labels.append(.isGreater(key, than: bound))
        case .isLess(let key, let bound): self.labels.append(.isLess(key, than: bound))
        }
    }

    private mutating func add(_ fields: ListFieldSelector, nameFilter: String) throws(ServiceError) {
        if let namespace = fields.namespace, !fields.isNamespaceExcluded {
            // Two namespaces exclude each other: then nothing is meant.
            if let other = self.namespace, other != namespace { self.uid = "" }
            self.namespace = namespace
        }
        if let after = fields.startedAfter { self.createdAfter = after.seconds }
        guard let name = fields.name else { return }
        if fields.isNameExcluded { return self.names.append(.differs(name)) }
        switch nameFilter {
        case "Prefix": self.names.append(.hasPrefix(name))
        case "Contains": self.names.append(.contains(name))
        case "", "Exact": self.names.append(.equals(name))
        case "NotEquals": self.names.append(.differs(name))
        default:
            throw ServiceError(
                .invalidArgument, "nameFilter \"\(nameFilter)\" is not known: use Exact, Prefix, Contains or NotEquals")
        }
    }

    private static func fields(_ text: String) throws(ServiceError) -> ListFieldSelector {
        do {
            return try ListFieldSelector(text)
        } catch {
            throw ServiceError(.invalidArgument, error.message)
        }
    }

    private static func seconds(_ text: String?, of field: String) throws(ServiceError) -> Int64? {
        guard let text, !text.isEmpty else { return nil }
        guard let time = Timestamp(text) else {
            throw ServiceError(.invalidArgument, "\(field) \"\(text)\" is no time such as 2026-01-31T23:59:59Z")
        }
        return time.seconds
    }

    private static func position(_ token: String) throws(ServiceError) -> Position {
        let parts = token.split(separator: ".", maxSplits: 1)
        guard parts.count == 2, let createdAt = Int64(parts[0]) else {
            throw ServiceError(.invalidArgument, "continue token \"\(token)\" is none of ours: begin the list again")
        }
        return Position(createdAt: createdAt, uid: String(parts[1]))
    }
}
