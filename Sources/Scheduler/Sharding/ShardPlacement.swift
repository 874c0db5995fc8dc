import ActorTransport
import Model

/// Which member is to own each shard: rendezvous hashing over the schedulers that live.
///
/// Each member draws a number for each shard, as often as its weight says, and the highest number has it. A member that
/// joins takes only what it draws highest, and of one that leaves only its own shards move. Everybody who sees the same
/// members comes to the same answer.
package struct ShardPlacement: Sendable, Hashable {
    /// How large a member's weight counts at most: each unit is a number to draw for each shard.
    package static let weightLimit = 64

    /// The member that is to own each shard; all `nil` where nobody may.
    package let owners: [String?]

    package init(members: [MemberRecord]) {
        let candidates = members.filter { $0.role == .scheduler && !$0.isDraining }.map { member in
            (name: member.name, key: StableHash.of(member.name), weight: min(max(1, member.weight), Self.weightLimit))
        }
        self.owners = (0..<ShardMap.shardCount).map { shard in
            let draws = candidates.map { (Self.draw(shard, $0.key, $0.weight), $0.name) }
            return draws.max { $0 < $1 }?.1
        }
    }

    private static func draw(_ shard: Int, _ key: UInt64, _ weight: Int) -> UInt64 {
        var highest: UInt64 = 0
        for number in 0..<weight {
            highest = max(highest, self.mix(key ^ self.mix(UInt64(shard) << 32 | UInt64(number))))
        }
        return highest
    }

    /// The finalizer of SplitMix64: every bit of the input changes half of the bits.
    private static func mix(_ value: UInt64) -> UInt64 {
        var value = value &+ 0x9e37_79b9_7f4a_7c15
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
