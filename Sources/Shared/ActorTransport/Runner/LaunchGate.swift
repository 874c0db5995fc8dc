package import Model
import OrderedCollections

/// Says which launches a runner takes: none that is older than one it has refused, or than the newest owner of its
/// shard that it has heard of, and none for which it has no room.
///
/// A pure value. `epochs` must be on disk before a launch of a new epoch is acted on; the refusals need not be, since
/// the calls of a process that has ended are gone with its connections.
package struct LaunchGate: Sendable {
    /// How many refusals are remembered; past it the older half is forgotten.
    package static let refusalLimit = 100_000

    /// What becomes of a launch.
    package enum Verdict: Hashable, Sendable {
        case taken
        case refused(LaunchRefusal)
    }

    /// The newest epoch of each shard that was heard of.
    package private(set) var epochs: [Int: Int]
    /// The launch of each pod that was refused last: numbers of different epochs are of different owners.
    private var refused: OrderedDictionary<PodIdentity, LaunchFence> = [:]

    package init(epochs: [Int: Int] = [:]) { self.epochs = epochs }

    /// Takes or refuses a launch of a pod that is not on record.
    package mutating func admit(_ launch: PodLaunch, hasRoom: Bool) -> Verdict {
        let identity = launch.identity
        guard let fence = launch.fence else {
            return hasRoom ? .taken : .refused(LaunchRefusal(identity, reason: LaunchRefusal.noRoom))
        }
        let newest = self.epochs[fence.shard] ?? 0
        if fence.epoch < newest { return .refused(LaunchRefusal(identity, reason: LaunchRefusal.stale)) }
        self.epochs[fence.shard] = fence.epoch
        if let last = self.refused[identity], last.epoch == fence.epoch, fence.number <= last.number {
            // The very same launch is answered as it was: nobody knows which of the two answers arrives.
            let reason = fence.number == last.number ? LaunchRefusal.noRoom : LaunchRefusal.stale
            return .refused(LaunchRefusal(identity, reason: reason))
        }
        guard hasRoom else {
            self.refused.removeValue(forKey: identity)
            self.refused[identity] = fence
            if self.refused.count > Self.refusalLimit { self.refused.removeFirst(Self.refusalLimit / 2) }
            return .refused(LaunchRefusal(identity, reason: LaunchRefusal.noRoom))
        }
        self.refused.removeValue(forKey: identity)
        return .taken
    }
}
