import Scheduler
import TestSupport
import Testing

@Suite("ShardPlacement")
struct ShardPlacementTests {
    @Test("a member that joins or leaves moves only the shards that it gains or loses")
    func minimalMoves() {
        for seed in Seeds.draw(300) {
            var random = SplitMix64(seed: seed)
            var members = (0..<1 + random.below(8)).map { Self.member("m\($0)", weight: 1 + random.below(4)) }
            let before = ShardPlacement(members: members.shuffled(using: &random)).owners
            let new = Self.member("new", weight: 1 + random.below(4))
            members.append(new)
            let after = ShardPlacement(members: members.shuffled(using: &random)).owners
            for shard in before.indices where before[shard] != after[shard] {
                #expect(after[shard] == new.name, "SEED=\(seed)")
            }
            members.removeLast()
            #expect(ShardPlacement(members: members).owners == before, "SEED=\(seed)")
        }
    }

    @Test("shares follow weights")
    func shares() {
        for seed in Seeds.draw(100) {
            var random = SplitMix64(seed: seed)
            let members = (0..<2 + random.below(5)).map {
                Self.member("scheduler-\(seed)-\($0)", weight: 1 + random.below(3))
            }
            let owners = ShardPlacement(members: members).owners
            let total = members.map(\.weight).reduce(0, +)
            for member in members {
                let share = Double(owners.filter { $0 == member.name }.count)
                let fair = Double(owners.count * member.weight) / Double(total)
                // Five standard deviations of a fair draw.
                let bound = 5 * (fair * (1 - fair / Double(owners.count))).squareRoot()
                #expect(abs(share - fair) <= bound, "SEED=\(seed): \(share) instead of \(fair)")
            }
        }
    }

    @Test("runners, gateways and members that drain own nothing; a weight beyond the limit counts as the limit")
    func candidates() {
        let runner = MemberRecord(name: "r", role: .runner)
        let draining = MemberRecord(name: "d", isDraining: true)
        #expect(ShardPlacement(members: [runner, draining]).owners.allSatisfy { $0 == nil })
        let one = Self.member("one", weight: 1)
        #expect(ShardPlacement(members: [runner, one, draining]).owners.allSatisfy { $0 == "one" })
        let heavy = [one, Self.member("two", weight: .max)]
        let limited = [one, Self.member("two", weight: ShardPlacement.weightLimit)]
        #expect(ShardPlacement(members: heavy) == ShardPlacement(members: limited))
    }

    private static func member(_ name: String, weight: Int) -> MemberRecord {
        MemberRecord(name: name, weight: weight)
    }
}
