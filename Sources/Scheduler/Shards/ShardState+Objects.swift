import ActorTransport
import JSON
import Model
import OrderedCollections
import Validation
import WorkflowEngine

extension ShardState {
    mutating func createObject(
        _ request: StoreObject, _ reply: Reply<JSONValue>, in turn: inout ShardTurn, replica: Replica
    ) throws(ServiceError) {
        let key = ObjectKey(request.kind, namespace: request.namespace, name: request.name)
        var object = try replica.admission.object(request, purpose: .create, catalog: turn.surroundings.catalog)
        let uid = request.object["metadata"]?["uid"]?.stringValue
        if let existing = turn.object(key, replica.catalog) {
            guard let uid, existing["metadata"]?["uid"]?.stringValue == uid else {
                throw .alreadyExists(request.kind, request.name)
            }
            return reply.succeed(existing)
        }
        object.setMetadata([
            "name": .string(request.name), "namespace": request.kind.isNamespaced ? .string(request.namespace) : nil,
            "uid": uid.map { .string($0) }, "generation": 1, "resourceVersion": nil,
            "creationTimestamp": .string(turn.surroundings.now.description),
        ])
        self.store(key, object, reply, in: &turn)
    }

    mutating func updateObject(
        _ request: StoreObject, _ reply: Reply<JSONValue>, in turn: inout ShardTurn, replica: Replica
    ) throws(ServiceError) {
        let key = ObjectKey(request.kind, namespace: request.namespace, name: request.name)
        guard let entry = replica.catalog.entry(key), let existing = turn.object(key, replica.catalog) else {
            throw .notFound(request.kind, request.name)
        }
        if let version = request.object["metadata"]?["resourceVersion"]?.stringValue, !version.isEmpty,
            version != String(entry.sequence) || turn.changes(key)
        {
            throw ServiceError(
                .aborted,
                "Operation cannot be fulfilled on \(request.kind.resource) \"\(request.name)\": the object has been"
                    + " modified; please apply your changes to the latest version and try again")
        }
        var object = try replica.admission.object(request, purpose: .create, catalog: turn.surroundings.catalog)
        let generation = existing["metadata"]?["generation"]?.integerValue ?? 1
        let isSpecChanged = object["spec"] != existing["spec"]
        object.setMetadata([
            "name": .string(request.name), "namespace": request.kind.isNamespaced ? .string(request.namespace) : nil,
            "uid": existing["metadata"]?["uid"], "creationTimestamp": existing["metadata"]?["creationTimestamp"],
            "generation": .integer(isSpecChanged ? generation + 1 : generation), "resourceVersion": nil,
        ])
        // What a cron workflow has done so far is ours to say, not its author's.
        if request.kind == .cronWorkflow, let status = existing["status"] { object = object.setting("status", status) }
        guard turn.changes(key) || !object.says(asMuchAs: existing) else {
            // As in Kubernetes, what changes nothing is no change: nobody is told, and the version stays.
            var answer = existing
            answer.set(resourceVersion: entry.sequence)
            return turn.answer(reply) { [answer] _ in answer }
        }
        self.store(key, object, reply, in: &turn)
    }

    mutating func deleteObject(
        _ key: ObjectKey, in turn: inout ShardTurn, replica: Replica
    ) throws(ServiceError) {
        guard turn.object(key, replica.catalog) != nil else { throw .notFound(key.kind, key.name) }
        turn.objects.append(
            ObjectChange(kind: key.kind.rawValue, namespace: key.namespace, name: key.name, object: nil))
        turn.effects.append(.objectChanged(key, nil))
    }

    mutating func setCronStatus(
        _ name: WorkflowName, _ cron: JSONValue, in turn: inout ShardTurn, replica: Replica
    ) throws(ServiceError) {
        let key = ObjectKey(.cronWorkflow, namespace: name.namespace, name: name.name)
        // Of another one of the same name it would say what that has not done.
        guard let existing = turn.object(key, replica.catalog),
            existing["metadata"]?["uid"] == cron["metadata"]?["uid"]
        else { throw .notFound(.cronWorkflow, name.name) }
        // A spec that was changed meanwhile stays as it is.
        var object = existing.setting("status", cron["status"])
        object.setMetadata([
            "labels": cron["metadata"]?["labels"], "annotations": cron["metadata"]?["annotations"],
        ])
        guard object != existing else { return }
        self.store(key, object, nil, in: &turn)
    }

    private mutating func store(
        _ key: ObjectKey, _ object: JSONValue, _ reply: Reply<JSONValue>?, in turn: inout ShardTurn
    ) {
        turn.objects.append(
            ObjectChange(
                kind: key.kind.rawValue, namespace: key.namespace, name: key.name, object: object.text))
        turn.effects.append(.objectChanged(key, object))
        guard let reply else { return }
        turn.answer(reply) { numbers in
            var answer = object
            answer.set(resourceVersion: numbers["\(key.kind.rawValue)/\(key.namespace)/\(key.name)"] ?? 0)
            return answer
        }
    }
}

extension ShardTurn {
    /// An object as this turn leaves it so far.
    func object(_ key: ObjectKey, _ catalog: ObjectCatalog) -> JSONValue? {
        self.change(of: key) ?? catalog.entry(key)?.object
    }

    fileprivate func changes(_ key: ObjectKey) -> Bool { self.change(of: key) != nil }

    /// What this turn has made of an object: nothing yet, or that it is gone.
    private func change(of key: ObjectKey) -> JSONValue?? {
        for case .objectChanged(let changed, let object) in self.effects.reversed()
        where changed.kind == key.kind && changed.namespace == key.namespace && changed.name == key.name {
            return .some(object)
        }
        return .none
    }
}

extension JSONValue {
    /// Whether both have the same members with the same values, in whatever order.
    fileprivate func says(asMuchAs other: JSONValue) -> Bool {
        switch (self, other) {
        case (.object(let ours), .object(let theirs)):
            ours.count == theirs.count
                && ours.allSatisfy { name, value in theirs[name].map { value.says(asMuchAs: $0) } ?? false }
        case (.array(let ours), .array(let theirs)):
            ours.count == theirs.count && zip(ours, theirs).allSatisfy { $0.says(asMuchAs: $1) }
        default: self == other
        }
    }

    /// Sets members of the metadata; `nil` takes one away.
    mutating func setMetadata(_ members: KeyValuePairs<String, JSONValue?>) {
        var metadata = self["metadata"]?.objectValue ?? [:]
        for (name, value) in members { metadata[name] = value }
        self = self.setting("metadata", .object(metadata))
    }
}
