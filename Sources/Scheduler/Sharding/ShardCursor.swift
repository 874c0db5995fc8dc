import ActorTransport

/// A position in the changes of all shards: for each shard, the number up to which everything was seen.
///
/// Each shard has one writer at a time, so its numbers grow in the order of its commits; there is no order between
/// shards. Clients see a cursor as an opaque `resourceVersion`. Shards of one owner share a number, because an owner
/// numbers the changes of all its shards together: so a cursor is short, and with one owner it is a plain number.
package struct ShardCursor: Sendable, Hashable {
    private var numbers: [Int64]

    /// The same number for every shard.
    package init(_ number: Int64 = 0) { self.numbers = Array(repeating: number, count: ShardMap.shardCount) }

    /// The cursor of a snapshot of the store.
    ///
    /// What an owner commits from now on is above all that it has committed: all of its shards are seen up to there.
    package init(snapshot: [(shard: Int, owner: String?, sequence: Int64)]) {
        self.init(0)
        var highest: [String: Int64] = [:]
        for row in snapshot {
            guard let owner = row.owner else { continue }
            highest[owner] = max(highest[owner] ?? 0, row.sequence)
        }
        for row in snapshot { self.numbers[row.shard] = row.owner.flatMap { highest[$0] } ?? row.sequence }
    }

    package subscript(shard: Int) -> Int64 {
        get { self.numbers[shard] }
        set { self.numbers[shard] = newValue }
    }

    /// The lowest number of these shards.
    package func lowest(of shards: ShardSet) -> Int64 {
        var lowest = Int64.max
        for shard in 0..<ShardMap.shardCount where shards.contains(shard) { lowest = min(lowest, self.numbers[shard]) }
        return lowest == .max ? 0 : lowest
    }

    /// Everything of these shards was seen up to `number`.
    package mutating func advance(_ shards: ShardSet, to number: Int64) {
        for shard in 0..<ShardMap.shardCount where shards.contains(shard) && self.numbers[shard] < number {
            self.numbers[shard] = number
        }
    }
}

extension ShardCursor {
    /// How clients see it.
    package var text: String { String(self.numbers.max() ?? 0) }
}
