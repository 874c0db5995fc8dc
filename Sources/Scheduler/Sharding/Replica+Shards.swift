import ActorTransport
import Logging

/// A shard that was claimed and is being loaded.
struct OpenedShard: Sendable {
    var processor: ShardProcessor
    var claim: ShardClaim
    /// The processor that had the shard before, where it has not ended yet.
    var predecessor: ShardProcessor?
}

extension Replica {
    /// Takes requests for these shards from now on; they wait until the shards are loaded.
    func open(_ claims: [ShardClaim]) -> [OpenedShard] {
        claims.map { claim in
            let predecessor = self.directory[claim.shard]
            predecessor?.abandon()
            let processor = ShardProcessor(
                shard: claim.shard,
                state: ShardState(shard: claim.shard, epoch: claim.epoch, machines: self.machines), replica: self)
            self.directory.set(processor)
            return OpenedShard(processor: processor, claim: claim, predecessor: predecessor)
        }
    }

    /// Loads shards that were opened, and lets their processors begin.
    func load(_ opened: [OpenedShard]) async {
        // Whoever had a shard before in this process must have put away what was his.
        for opened in opened { await opened.predecessor?.untilEnded() }
        let shards = opened.map(\.claim.shard)
        do {
            let objects = try await self.store.objects(kind: nil, namespace: nil)
            let contents = try await self.store.load(shards)
            let deleted = try await self.deletedLately(opened.map(\.claim))
            self.catalog.reload(objects, shards: ShardSet(shards))
            let workflows = Dictionary(grouping: contents.workflows, by: \.shard)
            for opened in opened {
                let shard = opened.claim.shard
                await opened.processor.begin(
                    opened.claim, workflows[shard] ?? [], contents.outbox[shard] ?? [], deleted[shard] ?? [])
            }
            self.loaded(shards)
        } catch {
            self.logger.error("shards cannot be loaded", metadata: ["reason": "\(error)"])
            for opened in opened { await opened.processor.begin(because: error) }
        }
    }

    /// The workflows of each shard that were deleted shortly before it was claimed, oldest first.
    func deletedLately(_ claims: [ShardClaim]) async throws(StoreError) -> [Int: [Tombstone]] {
        guard let newest = claims.map(\.sequence).max() else { return [:] }
        let cursor = ShardCursor(max(0, newest - Int64(ShardState.deletionMemory)))
        let deletions = try await self.store.deletions(after: cursor, in: ShardSet(claims.map(\.shard)))
        return Dictionary(grouping: deletions, by: \.shard)
    }

    /// These shards are worked on here from now on.
    func loaded(_ shards: [Int]) {
        self.cron.owned(shards)
        self.expiry.signal()
    }

    /// Puts away what belongs to a shard whose processor has ended.
    func close(_ processor: ShardProcessor) async {
        let shard = processor.shard
        self.watches.disown(shard)
        self.timers.cancelAll(shard: shard)
        self.cron.disowned(shard)
        await self.dispatcher.forget(shard: shard)
        await self.lockCourier.forget(shard: shard)
        self.directory.remove(processor)
    }

    /// Takes over stored objects that other replicas have changed.
    ///
    /// Objects of our own shards are told by their processors.
    func refreshCatalog() async throws(StoreError) {
        // Where all shards are ours, nobody else changes anything.
        guard !self.directory.owned.isAll else { return }
        let version = try await self.store.objectsVersion()
        guard self.catalog.version < version else { return }
        let objects = try await self.store.objects(kind: nil, namespace: nil)
        self.catalog.refresh(objects, version: version) { self.directory[$0] != nil }
    }
}
