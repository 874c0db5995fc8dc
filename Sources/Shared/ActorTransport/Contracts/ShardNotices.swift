package import JSON

/// A watch that one scheduler opens on shards of another.
package struct ShardWatchRequest: ModelObject {
    package var watch = WatchRequest()
    package var shards: [Int] = []
    /// Everything up to here was seen.
    package var cursor = ""
    package var unknown = UnknownMembers()

    package init() {}

    package init(_ watch: WatchRequest, shards: [Int], cursor: String) {
        self.watch = watch
        self.shards = shards
        self.cursor = cursor
    }

    package static let fields = FieldTable<Self>([
        .defaulted("watch", \.watch, absent: WatchRequest()),
        .defaulted("shards", \.shards, absent: []),
        .defaulted("cursor", \.cursor, absent: ""),
    ])
}

/// What the owner of shards tells one who watches them: a change, or that it no longer owns some of them.
package struct ShardNotice: ModelObject {
    package var event: WatchEvent?
    /// The shard of the change.
    package var shard = 0
    /// Every change of the shards that are watched here was told up to this number.
    package var number = 0
    /// Shards of which nothing more is told here.
    package var lost: [Int] = []
    package var unknown = UnknownMembers()

    package init() {}

    package init(_ event: WatchEvent, shard: Int, number: Int64) {
        self.event = event
        self.shard = shard
        self.number = Int(number)
    }

    package init(lost: [Int]) { self.lost = lost }

    package static let fields = FieldTable<Self>([
        .optional("event", \.event),
        .defaulted("shard", \.shard, absent: 0),
        .defaulted("number", \.number, absent: 0),
        .defaulted("lost", \.lost, absent: []),
    ])
}
