import Model
import Scheduler
import Testing

/// A store that several replicas share, and a way to let its clock go on.
struct SharedStore: Sendable {
    var store: any WorkflowStore
    /// Lets time pass for the store.
    var pass: @Sendable (Duration) async throws -> Void
}

/// Which shared store a test of leases runs on.
enum SharedBackend: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case memory, postgres

    var testDescription: String { self.rawValue }

    func with<Value: Sendable>(
        _ body: @escaping @Sendable (SharedStore) async throws -> Value
    ) async throws -> Value {
        switch self {
        case .memory:
            let clock = ManualClock(seconds: 1_000)
            return try await body(
                SharedStore(store: MemoryStore(clock: clock)) { clock.advance(by: $0) })
        case .postgres:
            return try await PostgresStore.withClock { store, pass in
                try await body(SharedStore(store: store, pass: pass))
            }
        }
    }
}

@Suite("ShardLeases", .timeLimit(.minutes(5)))
struct LeaseConformanceTests {
    private static let lease = Duration.seconds(3)

    @Test("a shard that a living member owns is not given to another", arguments: SharedBackend.allCases)
    func livingOwnersKeepTheirs(_ backend: SharedBackend) async throws {
        try await backend.with { shared in
            let store = shared.store
            try await store.join("a", "b")
            #expect(try await store.claim([1, 2], member: "a").map(\.shard) == [1, 2])
            #expect(try await store.claim([2, 3], member: "b").map(\.shard) == [3])
            let table = try await store.leases()
            #expect(table.members.map(\.name) == ["a", "b"])
            #expect([1, 2, 3, 4].map { table.leases[$0].owner } == ["a", "a", "b", nil])
            #expect(try await store.claim([4], member: "nobody").isEmpty)
        }
    }

    @Test("heartbeats keep leases; without them they end, and a claim ends all of the dead member's leases at once")
    func expiry() async throws {
        for backend in SharedBackend.allCases {
            try await backend.with { shared in
                let store = shared.store
                try await store.join("a", "b")
                let old = try await store.claim([1, 2], member: "a")
                try await shared.pass(.seconds(2))
                try await store.join("a", "b")
                try await shared.pass(.seconds(2))
                try await store.join("b")
                #expect(try await store.claim([1], member: "b").isEmpty)
                try await shared.pass(.seconds(2))
                #expect(try await store.leases().members.map(\.name) == ["b"])
                #expect(try await store.leases().livingOwner(of: 1) == nil)
                // Nobody has taken the shard yet: its owner may still write.
                #expect(try await store.commit([Self.write(old[0], "early", 1)]) == [.committed])
                let taken = try await store.claim([1], member: "b")
                #expect(taken.count == 1 && taken[0].epoch > old[0].epoch)
                #expect(taken[0].sequence == 1)
                // The second shard was not asked for, and yet its old owner writes no more before it has looked again.
                let outcomes = try await store.commit([
                    Self.write(old[0], "late", 2), Self.write(old[1], "late too", 3), Self.write(taken[0], "new", 4),
                ])
                guard case .fenced = outcomes[0], case .fenced = outcomes[1] else {
                    Issue.record("an old epoch has written: \(outcomes)")
                    return
                }
                #expect(outcomes[2] == .committed)
                #expect(try await store.workflow(namespace: "argo", name: "late") == nil)
                #expect(try await store.workflow(namespace: "argo", name: "late too") == nil)
                #expect(try await store.workflow(namespace: "argo", name: "new")?.shard == 1)
                // Back from the dead, it owns nothing, and may claim what is free.
                let table = try await store.heartbeat(MemberRecord(name: "a"), lease: Self.lease)
                #expect(table.leases[1].owner == "b" && table.leases[2].owner == nil)
                #expect(try await store.claim([1, 2], member: "a").map(\.shard) == [2])
            }
        }
    }

    @Test("while a member lives, its name is not given to another address", arguments: SharedBackend.allCases)
    func names(_ backend: SharedBackend) async throws {
        try await backend.with { shared in
            let store = shared.store
            let first = MemberRecord(name: "a", address: "x:1")
            let second = MemberRecord(name: "a", address: "y:1")
            #expect(try await store.heartbeat(first, lease: Self.lease).members == [first])
            #expect(try await store.heartbeat(second, lease: Self.lease).members == [first])
            try await shared.pass(.seconds(2))
            #expect(try await store.heartbeat(second, lease: Self.lease).members == [first])
            // That was no sign of life of the first.
            try await shared.pass(.seconds(2))
            #expect(try await store.heartbeat(second, lease: Self.lease).members == [second])
            #expect(try await store.heartbeat(first, lease: Self.lease).members == [second])
        }
    }

    @Test("a member's own claim fences what it has begun itself", arguments: SharedBackend.allCases)
    func claimingAnew(_ backend: SharedBackend) async throws {
        try await backend.with { shared in
            let store = shared.store
            try await store.join("a")
            let first = try await store.claim([9], member: "a")[0]
            let second = try await store.claim([9], member: "a")[0]
            #expect(second.epoch > first.epoch)
            #expect(
                try await store.commit([Self.write(first, "x", 1), Self.write(second, "y", 2)]) == [
                    .fenced(epoch: second.epoch), .committed,
                ])
        }
    }

    @Test(
        "a shard that is released is free at once, and its old epoch writes nothing", arguments: SharedBackend.allCases)
    func releasing(_ backend: SharedBackend) async throws {
        try await backend.with { shared in
            let store = shared.store
            try await store.join("a", "b")
            let mine = try await store.claim([5, 6], member: "a")
            // Somebody else's name, or an epoch that is past, releases nothing.
            try await store.release([HeldShard(shard: 5, epoch: mine[0].epoch)], member: "b")
            try await store.release([HeldShard(shard: 5, epoch: mine[0].epoch - 1)], member: "a")
            #expect(try await store.leases().leases[5].owner == "a")
            try await store.release([HeldShard(shard: 5, epoch: mine[0].epoch)], member: "a")
            guard case .fenced = try await store.commit([Self.write(mine[0], "late", 1)])[0] else {
                Issue.record("a released epoch has written")
                return
            }
            #expect(try await store.claim([5, 6], member: "b").map(\.shard) == [5])
            try await store.leave("a")
            #expect(try await store.leases().members.map(\.name) == ["b"])
            #expect(try await store.claim([6], member: "b").map(\.shard) == [6])
        }
    }

    @Test("whoever listens is told when leases or members change", arguments: SharedBackend.allCases)
    func listening(_ backend: SharedBackend) async throws {
        try await backend.with { shared in
            let store = shared.store
            var changes = store.leaseChanges().makeAsyncIterator()
            try await store.join("a")
            await changes.next()
            let claims = try await store.claim([1], member: "a")
            await changes.next()
            try await store.release(claims.map { HeldShard(shard: $0.shard, epoch: $0.epoch) }, member: "a")
            await changes.next()
        }
    }

    @Test("objects that others change are noticed by their version", arguments: SharedBackend.allCases)
    func objectVersions(_ backend: SharedBackend) async throws {
        try await backend.with { shared in
            let store = shared.store
            let before = try await store.objectsVersion()
            let epoch = try await store.epochs([0])[0]
            _ = try await store.commit([StoreConformanceTests.creation("w", epoch: epoch, sequence: 1)])
            #expect(try await store.objectsVersion() == before)
            var change = ShardChange(shard: 0, epoch: epoch)
            change.objects = [ObjectChange(kind: "ConfigMap", namespace: "argo", name: "c", object: "{}")]
            _ = try await store.commit([change])
            #expect(try await store.objectsVersion() != before)
        }
    }

    @Test("changes and expiries are those of the shards that are asked for, each from its own number on")
    func perShard() async throws {
        for backend in SharedBackend.allCases {
            try await backend.with { shared in
                let store = shared.store
                let epochs = try await store.epochs([1, 2])
                for (index, shard) in [1, 2].enumerated() {
                    for number in 1...3 {
                        _ = try await store.commit([
                            StoreConformanceTests.creation(
                                "w\(shard)\(number)", shard: shard, epoch: epochs[index], sequence: Int64(number)
                            ) { $0.expiresAt = Int64(10 * shard + number) }
                        ])
                    }
                }
                var cursor = ShardCursor(2)
                cursor[2] = 1
                func changed(_ shards: [Int]) async throws -> [String] {
                    try await store.changes(after: cursor, in: ShardSet(shards), WorkflowFilter()).changed
                        .map(\.name.name)
                }
                #expect(try await changed([1, 2]) == ["w22", "w13", "w23"])
                #expect(try await changed([2]) == ["w22", "w23"])
                #expect(try await store.nextExpiry(in: ShardSet([2])) == 21)
                #expect(try await store.expired(before: 30, in: ShardSet([1]), limit: 2).map(\.name) == ["w11", "w12"])
            }
        }
    }

    private static func write(_ claim: ShardClaim, _ name: String, _ sequence: Int64) -> ShardChange {
        StoreConformanceTests.creation(name, shard: claim.shard, epoch: claim.epoch, sequence: sequence)
    }
}

extension WorkflowStore {
    func join(_ members: String...) async throws {
        for member in members { _ = try await self.heartbeat(MemberRecord(name: member), lease: .seconds(3)) }
    }

    /// Claims shards for a member that lives for long.
    func claims(_ shards: [Int], member: String = "a") async throws -> [ShardClaim] {
        _ = try await self.heartbeat(MemberRecord(name: member), lease: .seconds(1_000))
        return try await self.claim(shards, member: member)
    }

    func epochs(_ shards: [Int]) async throws -> [Int64] { try await self.claims(shards).map(\.epoch) }
}
