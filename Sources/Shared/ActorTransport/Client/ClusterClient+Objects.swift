package import JSON
package import Model
import OrderedCollections

extension ClusterClient {
    package func createObject(
        _ kind: ObjectKind, namespace: String, object: JSONValue
    ) async throws(ServiceError) -> JSONValue {
        guard var members = object.objectValue, !members.isEmpty else {
            throw ServiceError(.invalidArgument, "\(kind.rawValue) body not specified")
        }
        var metadata = members["metadata"]?.objectValue ?? [:]
        var random = SystemRandomNumberGenerator()
        if (metadata["name"]?.stringValue ?? "").isEmpty {
            guard let prefix = metadata["generateName"]?.stringValue, !prefix.isEmpty else {
                throw ServiceError(.invalidArgument, "name or generateName is required")
            }
            metadata["name"] = .string(GeneratedNames.name(prefix: prefix, using: &random))
        }
        metadata["uid"] = .string(Identifiers.uid(using: &random))
        members["metadata"] = .object(metadata)
        let request = StoreObject(
            kind, namespace: kind.isNamespaced ? namespace : "", name: metadata["name"]?.stringValue ?? "",
            object: .object(members))
        // Told apart by its uid where it comes twice.
        let key = ObjectKey(kind, namespace: request.namespace, name: request.name)
        return try await self.onShard(ShardMap.shard(of: key), isRepeatable: true) {
            try await $0.createObject(request)
        }
    }

    package func updateObject(
        _ kind: ObjectKind, namespace: String, name: String, object: JSONValue
    ) async throws(ServiceError) -> JSONValue {
        let request = StoreObject(kind, namespace: kind.isNamespaced ? namespace : "", name: name, object: object)
        let key = ObjectKey(kind, namespace: request.namespace, name: name)
        return try await self.onShardOnce(ShardMap.shard(of: key)) { try await $0.updateObject(request) }
    }

    package func object(_ kind: ObjectKind, namespace: String, name: String) async throws(ServiceError) -> JSONValue {
        let key = ObjectKey(kind, namespace: kind.isNamespaced ? namespace : "", name: name)
        return try await self.onShard(ShardMap.shard(of: key), isRepeatable: true) { try await $0.object(key) }
    }

    package func objects(
        _ kind: ObjectKind, namespace: String, query: ObjectQuery
    ) async throws(ServiceError) -> ObjectPage {
        let request = ListObjects(kind, namespace: kind.isNamespaced ? namespace : "", query: query)
        return try await self.onQuery { try await $0.objects(request) }
    }

    package func deleteObject(_ kind: ObjectKind, namespace: String, name: String) async throws(ServiceError) {
        let key = ObjectKey(kind, namespace: kind.isNamespaced ? namespace : "", name: name)
        _ = try await self.onShardOnce(ShardMap.shard(of: key)) { try await $0.deleteObject(key) }
    }

    package func setCronWorkflowSuspended(
        _ suspended: Bool, namespace: String, name: String
    ) async throws(ServiceError) -> JSONValue {
        var attempt = 1
        while true {
            let current = try await self.object(.cronWorkflow, namespace: namespace, name: name)
            var members = current.objectValue ?? [:]
            var spec = members["spec"]?.objectValue ?? [:]
            spec["suspend"] = .bool(suspended)
            members["spec"] = .object(spec)
            do {
                return try await self.updateObject(
                    .cronWorkflow, namespace: namespace, name: name, object: .object(members))
            } catch  where error.code == .aborted && attempt < 5 {
                // Somebody else changed the object between our read and our write.
                attempt += 1
            }
        }
    }
}
