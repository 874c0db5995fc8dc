import ActorTransport
import Logging
import Model
import WorkflowEngine

/// Carries what shards say to each other of locks, until it is acknowledged.
///
/// Nothing that it carries is only here: a request stands in the row of the one who waits, a grant in the claim's, a
/// release in the outbox. Whoever owns the shard next says it again.
actor LockCourier {
    struct Parcel: Sendable {
        enum Content: Sendable {
            case ask(LockRequest, outboxNumber: Int64?)
            case tell(LockNotice)
        }

        /// The shard that says it.
        let source: Int
        let content: Content

        init(from source: Int, _ content: Content) {
            self.source = source
            self.content = content
        }
    }

    struct Surroundings: Sendable {
        let clock: any SchedulerClock
        let logger: Logger
        let router: ShardRouter
        let directory: ShardDirectory
        /// Runs work that outlives the call that began it.
        let start: @Sendable (@escaping @Sendable () async -> Void) -> Void
    }

    /// What one shard is told, in order.
    private struct Lane {
        var entries: [(id: Int, parcel: Parcel)] = []
        var pause = LockCourier.shortestPause
    }

    private static let shortestPause = Duration.milliseconds(20)
    private static let longestPause = Duration.seconds(1)
    private static let callLimit = Duration.seconds(10)
    private static let batchLimit = 500

    private let surroundings: Surroundings
    private var lanes: [Int: Lane] = [:]
    private var lastEntry = 0

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    func send(_ parcels: [Parcel]) {
        for parcel in parcels {
            guard let destination = parcel.destination else { continue }
            self.lastEntry += 1
            let isIdle = self.lanes[destination] == nil
            self.lanes[destination, default: Lane()].entries.append((self.lastEntry, parcel))
            if isIdle { self.surroundings.start { await self.work(destination) } }
        }
    }

    /// The shard is somebody else's, or is loaded anew: what it says is said again.
    func forget(shard: Int) {
        for destination in self.lanes.keys { self.lanes[destination]?.entries.removeAll { $0.parcel.source == shard } }
    }

    private func work(_ destination: Int) async {
        while let entries = self.nextEntries(destination) {
            do {
                try await CallContext.withTimeout(Self.callLimit) { try await self.carry(entries, to: destination) }
                self.lanes[destination]?.pause = Self.shortestPause
            } catch {
                self.surroundings.logger.debug(
                    "shard was not told of locks", metadata: ["shard": "\(destination)", "reason": "\(error)"])
                let pause = self.lanes[destination]?.pause ?? Self.shortestPause
                self.lanes[destination]?.pause = min(pause * 2, Self.longestPause)
                // Cancelled only when the replica stops: then the loop ends.
                do { try await self.surroundings.clock.sleep(for: pause) } catch { return }
            }
        }
    }

    /// Those at the head of a lane that go into one call: requests, or notices.
    private func nextEntries(_ destination: Int) -> [(id: Int, parcel: Parcel)]? {
        guard let entries = self.lanes[destination]?.entries, let first = entries.first else {
            self.lanes[destination] = nil
            return nil
        }
        return Array(entries.prefix(Self.batchLimit).prefix { $0.parcel.isAsking == first.parcel.isAsking })
    }

    private func carry(_ entries: [(id: Int, parcel: Parcel)], to destination: Int) async throws {
        let notices = entries.compactMap(\.parcel.notice)
        guard notices.isEmpty else {
            try await self.surroundings.router.onShard(destination) { processor throws(ServiceError) in
                try await processor.ask(isUrgent: true) { .tellLocks(notices, $0) }
            } elsewhere: {
                _ = try await $0.tellLocks(notices)
            }
            _ = self.done(entries, at: destination)
            return
        }
        let requests = entries.compactMap(\.parcel.request)
        var answers = try await self.surroundings.router.onShard(destination) { processor throws(ServiceError) in
            try await processor.ask(isUrgent: true) { .askLocks(requests, $0) }
        } elsewhere: {
            try await $0.askLocks(requests)
        }[...]
        let current = self.done(entries, at: destination)
        var told: [Int: [LockNotice]] = [:]
        var performed: [Int: [Int64]] = [:]
        for entry in entries {
            let notice = entry.parcel.request?.isReleased == true ? nil : answers.popFirst()
            guard current.contains(entry.id), case .ask(_, let number) = entry.parcel.content else { continue }
            if let notice { told[entry.parcel.source, default: []].append(notice) }
            if let number { performed[entry.parcel.source, default: []].append(number) }
        }
        for (source, notices) in told {
            _ = self.surroundings.directory[source]?.mailbox.post(.tellLocks(notices, nil), isUrgent: true)
        }
        for (source, numbers) in performed {
            _ = self.surroundings.directory[source]?.mailbox.post(.performed(numbers), isUrgent: true)
        }
    }

    /// Takes what was acknowledged off its lane; answers which of it nobody has forgotten meanwhile.
    private func done(_ entries: [(id: Int, parcel: Parcel)], at destination: Int) -> Set<Int> {
        let ids = Set(entries.map(\.id))
        let current = Set(self.lanes[destination]?.entries.map(\.id).filter(ids.contains) ?? [])
        self.lanes[destination]?.entries.removeAll { ids.contains($0.id) }
        return current
    }
}

extension LockCourier.Parcel {
    fileprivate var request: LockRequest? {
        guard case .ask(let request, _) = self.content else { return nil }
        return request
    }

    fileprivate var notice: LockNotice? {
        guard case .tell(let notice) = self.content else { return nil }
        return notice
    }

    fileprivate var isAsking: Bool { self.request != nil }

    /// A request goes to the lock's home, a notice to the shard of the one who asked.
    fileprivate var destination: Int? {
        switch self.content {
        case .ask(let request, _): LockName(request.lock).map { ShardMap.shard(of: $0) }
        case .tell(let notice): ShardMap.shard(ofWorkflow: notice.workflow, in: notice.namespace)
        }
    }
}
