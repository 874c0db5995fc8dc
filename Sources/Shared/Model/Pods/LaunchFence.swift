package import JSON

/// Orders the launches of a pod: a runner that has refused one, or has heard of a newer owner of the shard, takes none
/// that is older.
///
/// Without it a launch that was held up on its way could start a pod that was given to another runner meanwhile.
package struct LaunchFence: ModelObject {
    package var shard = 0
    /// The epoch of the shard's lease.
    package var epoch = 0
    /// Grows with each call of the epoch's owner.
    package var number = 0
    package var unknown = UnknownMembers()

    package init() {}

    package init(shard: Int, epoch: Int, number: Int) {
        self.shard = shard
        self.epoch = epoch
        self.number = number
    }

    package static let fields = FieldTable<Self>([
        .defaulted("shard", \.shard, absent: 0),
        .defaulted("epoch", \.epoch, absent: 0),
        .defaulted("number", \.number, absent: 0),
    ])
}
