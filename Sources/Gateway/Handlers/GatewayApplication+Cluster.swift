import ActorTransport
import JSON
import OrderedCollections

extension GatewayApplication {
    /// Who lives, who owns which shard, and whether a scheduler is to give its shards away.
    func clusterCall(_ call: Call, _ operation: ClusterOperation) async throws(ServiceError) -> GatewayResponse {
        switch operation {
        case .get: break
        case .join:
            guard let admit = self.admit else {
                throw ServiceError(
                    .failedPrecondition,
                    "this gateway admits nobody: start one with --authority, the folder of `apus pki init`")
            }
            return .json(try await ServiceError.wrapping { try await admit(call.body.document) })
        case .drain: try await self.cluster.setDraining(true, member: try call.requiredName())
        case .undrain: try await self.cluster.setDraining(false, member: try call.requiredName())
        }
        guard operation == .get else { return .json([:]) }
        return .json(Self.document(of: try await self.cluster.cluster()))
    }

    private static func document(of view: ClusterView) -> JSONValue {
        let counts = Dictionary(grouping: view.owners, by: { $0 }).mapValues(\.count)
        let members = view.members.sorted { ($0.role, $0.name) < ($1.role, $1.name) }.map { member -> JSONValue in
            var document: OrderedDictionary<String, JSONValue> = [
                "name": .string(member.name), "role": .string(member.role), "address": .string(member.address),
                "isDraining": .bool(member.isDraining), "version": .string(member.version),
            ]
            switch member.role {
            case "scheduler":
                document["weight"] = .integer(member.weight)
                document["shards"] = .integer(counts[member.name] ?? 0)
            case "runner":
                document["isLost"] = .bool(member.isLost)
                document["pods"] = .integer(member.pods)
                document["usedPods"] = .integer(member.usedPods)
                // Without a limit there is nothing to tell.
                if member.milliCPU > 0 { document["milliCPU"] = .integer(member.milliCPU) }
                if member.memory > 0 { document["memory"] = .integer(member.memory) }
            default: break
            }
            return .object(document)
        }
        let shards = view.owners.enumerated().map { shard, owner -> JSONValue in
            let epoch = view.epochs.indices.contains(shard) ? view.epochs[shard] : 0
            return ["shard": .integer(shard), "owner": .string(owner), "epoch": .integer(epoch)]
        }
        return ["members": .array(members), "shards": .array(shards)]
    }
}
