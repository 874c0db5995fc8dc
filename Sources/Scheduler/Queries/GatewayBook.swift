import ActorTransport
import Synchronization

/// The gateways that this scheduler was told of lately.
///
/// Nothing depends on them: people want to know.
final class GatewayBook: Sendable {
    /// How many are kept in mind.
    static let limit = 1_000
    /// How long one that is silent is still told of.
    static let silenceLimit = Duration.seconds(10)

    private struct Gateway {
        var member: ClusterMember
        var heardAt: Duration
    }

    private let gateways = Mutex<[String: Gateway]>([:])

    /// Takes a sign of life, at a moment of a clock that only goes on.
    func heard(_ member: ClusterMember, at now: Duration) {
        self.gateways.withLock { gateways in
            gateways = gateways.filter { now - $0.value.heardAt <= Self.silenceLimit }
            guard gateways[member.name] != nil || gateways.count < Self.limit else { return }
            gateways[member.name] = Gateway(member: member, heardAt: now)
        }
    }

    /// Those that were heard of, by name.
    func living(at now: Duration) -> [ClusterMember] {
        self.gateways.withLock { gateways in
            gateways.values.filter { now - $0.heardAt <= Self.silenceLimit }.map(\.member).sorted { $0.name < $1.name }
        }
    }
}
