import ActorTransport

/// A set of shards.
package struct ShardSet: Sendable, Hashable {
    private var words = Array(repeating: UInt64(0), count: (ShardMap.shardCount + 63) / 64)

    package init() {}

    package init(_ shards: some Sequence<Int>) {
        for shard in shards { self.insert(shard) }
    }

    package static let all = ShardSet(0..<ShardMap.shardCount)

    package var isEmpty: Bool { self.words.allSatisfy { $0 == 0 } }
    package var isAll: Bool { self == ShardSet.all }
    package var count: Int { self.words.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// The shards in their order.
    package var members: [Int] { (0..<ShardMap.shardCount).filter { self.contains($0) } }

    package func contains(_ shard: Int) -> Bool { self.words[shard / 64] & (1 << UInt64(shard % 64)) != 0 }

    package mutating func insert(_ shard: Int) { self.words[shard / 64] |= 1 << UInt64(shard % 64) }

    package mutating func remove(_ shard: Int) { self.words[shard / 64] &= ~(1 << UInt64(shard % 64)) }

    package mutating func formUnion(_ other: ShardSet) {
        for index in self.words.indices { self.words[index] |= other.words[index] }
    }

    package mutating func subtract(_ other: ShardSet) {
        for index in self.words.indices { self.words[index] &= ~other.words[index] }
    }
}
