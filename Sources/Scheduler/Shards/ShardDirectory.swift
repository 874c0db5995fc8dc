import ActorTransport
import Synchronization

/// The processors of the shards that this replica owns, and those that are ending.
final class ShardDirectory: Sendable {
    private struct State {
        var processors: [Int: ShardProcessor] = [:]
        var owned = ShardSet()
    }

    private let state = Mutex(State())

    subscript(shard: Int) -> ShardProcessor? { self.state.withLock { $0.processors[shard] } }

    /// The shards that have a processor.
    var owned: ShardSet { self.state.withLock { $0.owned } }

    func set(_ processor: ShardProcessor) {
        self.state.withLock { state in
            state.processors[processor.shard] = processor
            state.owned.insert(processor.shard)
        }
    }

    /// Removes a processor, where no newer one has taken its place.
    func remove(_ processor: ShardProcessor) {
        self.state.withLock { state in
            guard state.processors[processor.shard] === processor else { return }
            state.processors[processor.shard] = nil
            state.owned.remove(processor.shard)
        }
    }
}
