package import Model

/// A watch that one scheduler opens on shards of another.
package struct ShardWatchRequest: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.ShardWatchRequest")

    package var watch = WatchRequest()
    package var shards: [Int] = []
    /// Everything up to here was seen.
    package var cursor = ""

    package init() {}

    package init(_ watch: WatchRequest, shards: [Int], cursor: String) {
        self.watch = watch
        self.shards = shards
        self.cursor = cursor
    }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("watch", &self.watch)
        try coder.field("shards", &self.shards)
        try coder.field("cursor", &self.cursor)
    }
}

/// What the owner of shards tells one who watches them: a change, or that it no longer owns some of them.
package struct ShardNotice: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.ShardNotice")

    package var event: WatchEvent?
    /// The shard of the change.
    package var shard = 0
    /// Every change of the shards that are watched here was told up to this number.
    package var number = 0
    /// Shards of which nothing more is told here.
    package var lost: [Int] = []
    /// Another shard has a change of the same number, which comes next: of shards other than that of this change, only
    /// lower numbers were all told.
    ///
    /// Shards that had several owners have numbers of several counters.
    package var isTied = false

    package init() {}

    package init(_ event: WatchEvent, shard: Int, number: Int64) {
        self.event = event
        self.shard = shard
        self.number = Int(number)
    }

    package init(lost: [Int]) { self.lost = lost }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("event", &self.event)
        try coder.field("shard", &self.shard)
        try coder.field("number", &self.number)
        try coder.field("lost", &self.lost)
        try coder.field("is_tied", &self.isTied)
    }
}

extension LockNotice: ListedMessage {
    package static let schema = MessageSchema("apus.v1.LockNotice")
    package static let listSchema = MessageSchema("apus.v1.LockNotices")

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("lock", &self.lock)
        try coder.field("holder", &self.holder)
        try coder.field("workflow", &self.workflow)
        try coder.field("namespace", &self.namespace)
        try coder.field("state", &self.state)
        try coder.field("free", &self.free)
        try coder.field("limit", &self.limit)
        try coder.field("holders", &self.holders)
        try coder.text("message", &self.message)
    }
}
