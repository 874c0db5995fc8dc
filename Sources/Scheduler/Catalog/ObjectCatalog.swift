import ActorTransport
import JSON
import Model
import OrderedCollections
import Synchronization
import WorkflowEngine

/// The stored objects (templates, cron workflows, config maps), kept in memory: engines refer to them all the time.
///
/// The owner of an object's shard updates it after each commit. What other replicas have changed is taken over before
/// anything is decided by it that a client may have waited for: before a creation, a check, a submission and a list.
final class ObjectCatalog: Sendable {
    struct Entry: Sendable {
        var object: JSONValue
        var sequence: Int64
    }

    private struct State {
        var entries: [ObjectKind: [WorkflowName: Entry]] = [:]
        var templates = TemplateCatalog()
        var version: Int64 = -1
    }

    /// Config maps with this label value hold parameters.
    private static let parameterType = "Parameter"

    private let state = Mutex(State())

    /// What engines see of the objects.
    var templates: TemplateCatalog { self.state.withLock { $0.templates } }

    func entry(_ key: ObjectKey) -> Entry? {
        self.state.withLock { $0.entries[key.kind]?[WorkflowName(namespace: key.namespace, name: key.name)] }
    }

    /// The objects of a kind, by namespace and name.
    func entries(_ kind: ObjectKind, namespace: String?) -> [Entry] {
        let entries = self.state.withLock { $0.entries[kind] ?? [:] }
        return entries.filter { namespace == nil || $0.key.namespace == namespace }
            .sorted { ($0.key.namespace, $0.key.name) < ($1.key.namespace, $1.key.name) }.map(\.value)
    }

    /// Puts an object in, or takes it away.
    ///
    /// An object that no longer decodes is listed but not referred to.
    func set(_ key: ObjectKey, _ entry: Entry?) {
        let name = WorkflowName(namespace: key.namespace, name: key.name)
        self.state.withLock { state in
            state.entries[key.kind, default: [:]][name] = entry
            let place = DecodingPlace()
            switch key.kind {
            case .workflowTemplate:
                state.templates.workflowTemplates["\(name)"] = Self.decode(entry, place)
            case .clusterWorkflowTemplate:
                state.templates.clusterWorkflowTemplates[name.name] = Self.decode(entry, place)
            case .configMap:
                state.templates.parameterConfigMaps["\(name)"] = Self.parameters(entry)
            case .workflow, .cronWorkflow, .workflowEventBinding:
                break
            }
        }
    }

    /// The version of the objects that were last read as a whole.
    var version: Int64 { self.state.withLock { $0.version } }

    /// Takes the objects of these shards as the store has them.
    ///
    /// One that is no JSON is left out: nothing can refer to it.
    func reload(_ stored: [StoredObject], shards: ShardSet) {
        self.take(stored) { shards.contains($0) }
    }

    /// Takes the objects of others as the store had them at `version`, unless later ones were taken already.
    ///
    /// The objects of shards that are `owned` are told by their writer, who knows better.
    func refresh(_ stored: [StoredObject], version: Int64, owned: (Int) -> Bool) {
        guard self.version < version else { return }
        self.take(stored) { !owned($0) }
        self.state.withLock { $0.version = max($0.version, version) }
    }

    private func take(_ stored: [StoredObject], where isMeant: (Int) -> Bool) {
        let known = self.state.withLock { $0.entries.mapValues { $0.mapValues(\.sequence) } }
        var gone: Set<ObjectKey> = []
        for (kind, names) in known {
            for name in names.keys {
                let key = ObjectKey(kind, namespace: name.namespace, name: name.name)
                if isMeant(ShardMap.shard(of: key)) { gone.insert(key) }
            }
        }
        for row in stored {
            guard let kind = ObjectKind(rawValue: row.kind) else { continue }
            let key = ObjectKey(kind, namespace: row.namespace, name: row.name)
            guard isMeant(ShardMap.shard(of: key)) else { continue }
            let name = WorkflowName(namespace: row.namespace, name: row.name)
            if let sequence = known[kind]?[name], sequence == row.sequence {
                gone.remove(key)
                continue
            }
            guard let object = Self.parse(row.object) else { continue }
            gone.remove(key)
            self.set(key, Entry(object: object, sequence: row.sequence))
        }
        for key in gone { self.set(key, nil) }
    }

    private static func parse(_ text: String) -> JSONValue? {
        do {
            return try .parse(text)
        } catch {
            return nil
        }
    }

    private static func decode(_ entry: Entry?, _ place: DecodingPlace) -> WorkflowTemplate? {
        guard let entry else { return nil }
        do {
            return try WorkflowTemplate(json: entry.object, at: place)
        } catch {
            return nil
        }
    }

    private static func parameters(_ entry: Entry?) -> StringMap? {
        guard let object = entry?.object,
            object["metadata"]?["labels"]?[WorkflowKeys.configMapType]?.stringValue == self.parameterType,
            case .object(let data) = object["data"] ?? .object([:])
        else { return nil }
        var parameters = StringMap()
        for (name, value) in data { parameters[name] = value.stringValue }
        return parameters
    }
}
