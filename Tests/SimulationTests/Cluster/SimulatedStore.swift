import ActorTransport
import JSON
import Model
import OrderedCollections

@testable import Scheduler

/// The store of a whole cluster, on a host of its own: it can fall and come back, and what it answered stays.
// SAFETY: see `Simulation`.
final class StoreServer: @unchecked Sendable {
    let host: SimulatedHost
    let network: SimulatedNetwork
    let base: MemoryStore
    let witness: StoreWitness
    let bug: PlantedBug
    /// Nobody is answered: it starts.
    private(set) var isDown = false
    /// Grows whenever it falls: what was under way then is answered to nobody.
    private(set) var generation = 0
    private var listeners: [(host: SimulatedHost, tell: AsyncStream<Void>.Continuation)] = []
    /// Once in so many commits the connection breaks before, and as often after it took effect.
    var breaksIn = 0
    private var commits = 0
    /// How much longer everything takes that it is asked.
    var slowness = Duration.zero

    init(host: SimulatedHost, network: SimulatedNetwork, bug: PlantedBug) {
        self.host = host
        self.network = network
        self.base = MemoryStore(clock: SimulatedClock(host: host))
        self.witness = StoreWitness(simulation: host.simulation)
        self.bug = bug
    }

    private var simulation: Simulation { self.host.simulation }

    func fall() {
        self.isDown = true
        self.generation += 1
    }

    func rise() { self.isDown = false }

    // MARK: What members ask

    func listen(_ host: SimulatedHost) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.listeners.removeAll { $0.host.name == host.name }
        self.listeners.append((host, continuation))
        return stream
    }

    /// Tells whoever listens that leases may have changed; now and then somebody is not told.
    func hint() {
        for listener in self.listeners where !self.simulation.once(in: 8) {
            self.simulation.after(self.simulation.draw(500...20_000)) { listener.tell.yield() }
        }
    }

    func commit(_ changes: [ShardChange], of member: String) async throws -> [CommitOutcome] {
        if self.breaksIn > 0, self.simulation.once(in: self.breaksIn) { throw Self.broken }
        let outcomes = try await self.base.atomically { base in
            let before = try base.leases().leases
            let written = self.damaged(changes, before)
            if self.bug == .acknowledgesBeforeCommit { return self.commitLater(written, before) }
            if self.bug == .losesCommits, self.isTime(in: 12) { return changes.map { _ in .committed } }
            let outcomes = try base.commit(written)
            self.witness.note(changes, outcomes, before, by: member)
            if self.bug == .repeatsCommits, self.isTime(in: 4) { self.repeatLater(written) }
            return outcomes
        }
        if self.breaksIn > 0, self.simulation.once(in: self.breaksIn) { throw Self.broken }
        return outcomes
    }

    private static let broken = StoreError(.failed, "the connection to the store was lost")

    private func isTime(in count: Int) -> Bool {
        self.commits += 1
        return self.commits % count == 0
    }

    private func damaged(_ changes: [ShardChange], _ leases: [LeaseTable.Lease]) -> [ShardChange] {
        changes.map { change in
            var change = change
            if self.bug == .noFence { change.epoch = leases[change.shard].epoch }
            if self.bug == .keepsOutbox { change.outboxRemoved = [] }
            for index in change.objects.indices { self.damage(&change.objects[index]) }
            if self.bug == .tearsCommits, self.isTime(in: 5) {
                for index in change.workflows.indices { change.workflows[index].nodes = [] }
            }
            return change
        }
    }

    /// Writes a cron workflow as it was a minute ago.
    private func damage(_ change: inout ObjectChange) {
        guard self.bug == .makesTicksAnew, let text = change.object,
            change.kind == ObjectKind.cronWorkflow.rawValue
        else { return }
        do {
            let object = try JSONValue.parse(text)
            guard let status = object["status"], let text = status["lastScheduledTime"]?.stringValue,
                let last = Timestamp(text)
            else { return }
            let before = last + GoDuration(seconds: -SimulatedCron.minute)
            change.object =
                object.setting(
                    "status", status.setting("lastScheduledTime", .string(before.description)).setting("active", nil)
                ).text
        } catch {
            self.simulation.note("a cron workflow cannot be read: \(error)")
        }
    }

    private func commitLater(_ changes: [ShardChange], _ leases: [LeaseTable.Lease]) -> [CommitOutcome] {
        let generation = self.generation
        self.host.spawn {
            do {
                try await self.host.sleep(for: .milliseconds(400))
                if generation == self.generation { _ = try await self.base.commit(changes) }
            } catch {
                self.simulation.note("a commit came too late: \(error)")
            }
        }
        return changes.map { $0.epoch == leases[$0.shard].epoch ? .committed : .fenced(epoch: leases[$0.shard].epoch) }
    }

    private func repeatLater(_ changes: [ShardChange]) {
        self.host.spawn {
            do {
                try await self.host.sleep(for: .milliseconds(700))
                try await self.base.atomically { base in
                    let leases = try base.leases().leases
                    var again = changes
                    for index in again.indices {
                        again[index].epoch = leases[again[index].shard].epoch
                        for number in again[index].workflows.indices { again[index].workflows[number].kind = .modified }
                    }
                    let outcomes = try base.commit(again)
                    self.witness.note(again, outcomes, leases, by: "the store")
                }
            } catch {
                self.simulation.note("a commit was not repeated: \(error)")
            }
        }
    }

    func claim(_ shards: [Int], member: String) async throws -> [ShardClaim] {
        try await self.base.atomically { base in
            let before = try base.leases()
            if self.bug == .claimsFromTheLiving {
                for shard in shards {
                    guard let owner = before.leases[shard].owner, owner != member else { continue }
                    try base.release([HeldShard(shard: shard, epoch: before.leases[shard].epoch)], member: owner)
                }
            }
            var claims = try base.claim(shards, member: member)
            if self.bug == .claimsWithoutEpoch {
                for index in claims.indices { claims[index].epoch = before.leases[claims[index].shard].epoch }
            }
            if self.bug == .forgetsSequences { for index in claims.indices { claims[index].sequence = 0 } }
            self.witness.note(claims, before, by: member)
            return claims
        }
    }

    func release(_ held: [HeldShard], member: String) async throws {
        try await self.base.atomically { base in
            let before = try base.leases()
            if self.bug == .releasesOthersLeases {
                for (shard, lease) in before.leases.enumerated() where shard % 4 == held.first.map({ $0.shard % 4 }) {
                    guard let owner = lease.owner else { continue }
                    try base.release([HeldShard(shard: shard, epoch: lease.epoch)], member: owner)
                }
            }
            try base.release(held, member: member)
            self.witness.note(releaseBy: member, before, try base.leases())
        }
    }

    func load(_ shards: [Int]) async throws -> ShardContents {
        try await self.base.atomically { base in
            var contents = try base.load(shards)
            if self.bug == .forgetsOutbox { contents.outbox = [:] }
            if self.bug == .loadsTooFew, !contents.workflows.isEmpty { contents.workflows.removeLast() }
            if self.bug == .loadsWithoutNodes {
                for index in contents.workflows.indices { contents.workflows[index].nodes = [] }
            }
            // What is lost on the way must show by what becomes of it.
            if self.bug != .forgetsOutbox { self.witness.note(contents, of: shards) }
            return contents
        }
    }

    func changes(
        after cursor: ShardCursor, in shards: ShardSet, _ filter: WorkflowFilter
    ) async throws -> StoredChanges {
        if self.bug == .forgetsChanges { return StoredChanges() }
        return try await self.base.changes(after: cursor, in: shards, filter)
    }

    func deletions(after cursor: ShardCursor, in shards: ShardSet) async -> [Tombstone] {
        if self.bug == .forgetsChanges { return [] }
        return await self.base.deletions(after: cursor, in: shards)
    }
}

extension MemoryStore {
    /// Does several things with nothing of anybody else between.
    func atomically<Value: Sendable>(
        _ body: @Sendable (isolated MemoryStore) throws -> Value
    ) async throws -> Value { try body(self) }
}

/// The store as one member reaches it.
struct SimulatedStore: WorkflowStore {
    let host: SimulatedHost
    let server: StoreServer

    private func ask<Answer: Sendable>(
        _ what: String, _ body: @escaping @Sendable () async throws -> Answer
    ) async throws(StoreError) -> Answer {
        let server = self.server
        let lost = StoreError(.unavailable, "the store does not answer")
        do {
            return try await server.network.exchange(
                from: self.host, to: server.host, "store.\(what)", mayRepeat: false, refusal: lost, loss: lost
            ) {
                guard !server.isDown else { throw StoreError(.unavailable, "the store starts") }
                let generation = server.generation
                if server.slowness > .zero { try await server.host.sleep(for: server.slowness) }
                let answer = try await body()
                guard generation == server.generation else { throw lost }
                return answer
            }
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.failed, "\(error)")
        }
    }

    func heartbeat(_ member: MemberRecord, lease: Duration) async throws(StoreError) -> LeaseTable {
        let server = self.server
        let length = server.bug == .leasesNeverEnd ? .seconds(1_000_000) : lease
        return try await self.ask("heartbeat") {
            let before = try await server.base.leases()
            let table = try await server.base.heartbeat(member, lease: length)
            if table.members != before.members { server.hint() }
            return table
        }
    }

    func leases() async throws(StoreError) -> LeaseTable {
        try await self.ask("leases") { [server] in try await server.base.leases() }
    }

    func claim(_ shards: [Int], member: String) async throws(StoreError) -> [ShardClaim] {
        try await self.ask("claim \(shards.count)") { [server] in
            let claims = try await server.claim(shards, member: member)
            if !claims.isEmpty { server.hint() }
            return claims
        }
    }

    func release(_ held: [HeldShard], member: String) async throws(StoreError) {
        try await self.ask("release \(held.count)") { [server] in
            try await server.release(held, member: member)
            server.hint()
        }
    }

    func leave(_ member: String) async throws(StoreError) {
        try await self.ask("leave") { [server] in
            try await server.base.leave(member)
            server.hint()
        }
    }

    func leaseChanges() -> AsyncStream<Void> { self.server.listen(self.host) }

    func commit(_ changes: [ShardChange]) async throws(StoreError) -> [CommitOutcome] {
        try await self.ask("commit \(changes.count)") { [server, host] in
            try await server.commit(changes, of: host.name)
        }
    }

    func load(_ shards: [Int]) async throws(StoreError) -> ShardContents {
        try await self.ask("load \(shards.count)") { [server] in try await server.load(shards) }
    }

    func workflow(namespace: String, name: String) async throws(StoreError) -> StoredWorkflow? {
        try await self.ask("workflow \(name)") { [server] in
            try await server.base.workflow(namespace: namespace, name: name)
        }
    }

    func workflow(uid: String) async throws(StoreError) -> StoredWorkflow? {
        try await self.ask("workflow \(uid)") { [server] in try await server.base.workflow(uid: uid) }
    }

    func uids(of names: [WorkflowName]) async throws(StoreError) -> [WorkflowName: String] {
        try await self.ask("uids") { [server] in
            try await server.bug == .makesTicksAnew ? [:] : server.base.uids(of: names)
        }
    }

    func workflows(_ filter: WorkflowFilter) async throws(StoreError) -> StoredWorkflowPage {
        try await self.ask("workflows") { [server] in try await server.base.workflows(filter) }
    }

    func changes(
        after cursor: ShardCursor, in shards: ShardSet, _ filter: WorkflowFilter
    ) async throws(StoreError) -> StoredChanges {
        try await self.ask("changes") { [server] in try await server.changes(after: cursor, in: shards, filter) }
    }

    func deletions(after cursor: ShardCursor, in shards: ShardSet) async throws(StoreError) -> [Tombstone] {
        try await self.ask("deletions") { [server] in await server.deletions(after: cursor, in: shards) }
    }

    func expired(before seconds: Int64, in shards: ShardSet, limit: Int) async throws(StoreError) -> [WorkflowName] {
        try await self.ask("expired") { [server] in
            try await server.base.expired(before: seconds, in: shards, limit: limit)
        }
    }

    func nextExpiry(in shards: ShardSet) async throws(StoreError) -> Int64? {
        try await self.ask("nextExpiry") { [server] in try await server.base.nextExpiry(in: shards) }
    }

    func objectsVersion() async throws(StoreError) -> Int64 {
        try await self.ask("objectsVersion") { [server] in try await server.base.objectsVersion() }
    }

    func objects(kind: String?, namespace: String?) async throws(StoreError) -> [StoredObject] {
        try await self.ask("objects") { [server] in try await server.base.objects(kind: kind, namespace: namespace) }
    }

    func events(namespace: String?, after sequence: Int64, limit: Int) async throws(StoreError) -> [EventRecord] {
        try await self.ask("events") { [server] in
            try await server.base.events(namespace: namespace, after: sequence, limit: limit)
        }
    }

    func close() async {}
}
