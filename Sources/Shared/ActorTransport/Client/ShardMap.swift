package import Model
import Synchronization
import TLS

/// Which shard an object belongs to, and which member owns the shard.
///
/// `shard = hash(namespace/name) % 256`. Names are unique in a namespace and a shard has one writer, so that the owner
/// alone decides whether a name is taken, and a read by name needs no index. (A hash of the uid would need both.) The
/// number of shards never changes once something is stored.
package final class ShardMap: Sendable {
    package static let shardCount = 256

    private struct State {
        var owners: [String]
        var members: [String]
        var runners: [String] = []
    }

    private let state: Mutex<State>
    private let seeds: [String]
    /// Where the members that are known listen.
    package let addresses: MemberAddresses

    /// Every shard belongs to `member` until a redirect says otherwise.
    package convenience init(member: String) { self.init(members: [member]) }

    /// Any of these schedulers is asked first; they say who owns what.
    package init(members: [String], addresses: MemberAddresses = MemberAddresses()) {
        let owners = Array(repeating: members.first ?? "", count: ShardMap.shardCount)
        self.state = Mutex(State(owners: owners, members: members))
        self.seeds = members
        self.addresses = addresses
    }

    package func owner(of shard: Int) -> String { self.state.withLock { $0.owners[shard] } }

    package func setOwner(_ member: String, of shard: Int) {
        self.state.withLock { state in
            state.owners[shard] = member
            if !state.members.contains(member) { state.members.append(member) }
        }
    }

    /// The schedulers that are known: those that live, and after them those that were known at first.
    package var members: [String] {
        let members = self.state.withLock { $0.members }
        return members + self.seeds.filter { !members.contains($0) }
    }

    /// The runners that were last said to live.
    package var runners: [String] { self.state.withLock { $0.runners } }

    /// Takes over what a scheduler says; a shard that nobody owns stays where it was.
    package func update(owners: [String?], members: [ClusterMember]) {
        let schedulers = members.filter { $0.role == ServiceIdentity.Role.scheduler.rawValue }
        // Before anybody is sent there.
        for member in schedulers {
            if let address = MemberAddress(member.address) { self.addresses.set(address, of: member.name) }
        }
        let runners = members.filter { $0.role == ServiceIdentity.Role.runner.rawValue }
        for member in runners {
            if let address = MemberAddress(member.address, role: .runner) {
                self.addresses.set(address, of: member.name)
            }
        }
        self.state.withLock { state in
            // Only runners are told of runners.
            if !runners.isEmpty { state.runners = runners.map(\.name) }
            for (shard, owner) in owners.prefix(ShardMap.shardCount).enumerated() {
                if let owner { state.owners[shard] = owner }
            }
            if !schedulers.isEmpty { state.members = schedulers.map(\.name) }
        }
    }

    /// Takes over what a scheduler says of the cluster.
    package func update(_ view: ClusterView) {
        self.update(owners: view.owners.map { $0.isEmpty ? nil : $0 }, members: view.members)
    }

    package static func shard(ofWorkflow name: String, in namespace: String) -> Int {
        self.shard(hashing: "\(namespace)/\(name)")
    }

    package static func shard(of key: ObjectKey) -> Int {
        key.kind == .workflow
            ? self.shard(ofWorkflow: key.name, in: key.namespace)
            : self.shard(hashing: "\(key.kind.rawValue)/\(key.namespace)/\(key.name)")
    }

    /// The home of a lock.
    ///
    /// A semaphore lives where its config map does: a new limit counts at once.
    package static func shard(of lock: LockName) -> Int {
        switch lock {
        case .semaphore(let namespace, let configMap, _):
            self.shard(of: ObjectKey(.configMap, namespace: namespace, name: configMap))
        case .mutex, .parallelism: self.shard(hashing: "Lock/\(lock)")
        }
    }

    /// The hash is folded so that its weak low bits do not decide alone.
    private static func shard(hashing text: String) -> Int {
        let hash = StableHash.of(text)
        return Int((hash ^ (hash >> 32)) % UInt64(ShardMap.shardCount))
    }
}
