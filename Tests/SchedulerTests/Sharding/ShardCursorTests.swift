import ActorTransport
import Scheduler
import TestSupport
import Testing

@Suite("ShardCursor")
struct ShardCursorTests {
    @Test("what is written is read back, and one number for all shards is a plain number")
    func roundTrip() {
        #expect(ShardCursor(17).text == "17")
        #expect(ShardCursor(text: "17") == ShardCursor(17))
        for seed in Seeds.draw(300) {
            var random = SplitMix64(seed: seed)
            var cursor = ShardCursor(Int64(random.below(1_000)))
            let distinct = 1 + random.below(seed % 5 == 0 ? 300 : 5)
            let numbers = (0..<distinct).map { _ in Int64(random.below(1 << 40)) }
            for shard in 0..<ShardMap.shardCount { cursor[shard] = random.pick(numbers) }
            #expect(ShardCursor(text: cursor.text) == cursor, "SEED=\(seed)")
        }
    }

    @Test("with few owners it is short, and what is none of ours is refused")
    func shape() {
        var cursor = ShardCursor(1_000_000)
        for shard in 0..<ShardMap.shardCount { cursor[shard] += Int64(shard % 3) }
        #expect(cursor.text.utf8.count < 120)
        #expect(cursor.text.allSatisfy { $0.isLetter || $0.isNumber || "-_.".contains($0) })
        for text in [
            "", "-1", "x", "v", "v1", "v1.2", "v1.2.", "v1.2.AAAA", "v1.x." + String(repeating: "A", count: 43),
        ] {
            #expect(ShardCursor(text: text) == nil, "\(text)")
        }
    }

    @Test("a snapshot is seen up to the highest number of each owner, and what nobody owns up to its own")
    func snapshots() {
        let rows: [(shard: Int, owner: String?, sequence: Int64)] = [
            (0, "a", 5), (1, "a", 9), (2, "b", 4), (3, nil, 2),
        ]
        let cursor = ShardCursor(snapshot: rows)
        #expect([0, 1, 2, 3, 4].map { cursor[$0] } == [9, 9, 4, 2, 0])
        #expect(cursor.lowest(of: ShardSet([1, 2])) == 4)
        #expect(ShardCursor(6).limited(to: cursor)[1] == 6)
        #expect(ShardCursor(6).limited(to: cursor)[2] == 4)
    }
}
