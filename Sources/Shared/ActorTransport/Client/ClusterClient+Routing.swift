import JSON

extension ClusterClient {
    /// How long a call looks for somebody who answers: longer than it takes to notice that a scheduler has died.
    static let patience = Duration.seconds(10)
    private static let shortestPause = Duration.milliseconds(10)
    private static let longestPause = Duration.milliseconds(250)
    /// How long a scheduler is waited for that is asked for the map.
    private static let refreshTimeout = Duration.seconds(1)
    /// How long a scheduler is waited for that is to take reports, before another is asked.
    private static let reportTimeout = Duration.seconds(5)
    /// How many hints are followed in a row before the map is asked for anew.
    private static let hintLimit = 2

    /// Who lives and who owns what.
    package func cluster() async throws(ServiceError) -> ClusterView {
        try await self.onQuery { try await $0.cluster(ClusterRequest(everybody: true)) }
    }

    /// Has a scheduler give its shards away one by one, or take its share again.
    package func setDraining(_ isDraining: Bool, member: String) async throws(ServiceError) {
        await self.refresh()
        guard self.shards.members.contains(member) else {
            throw ServiceError(
                .notFound,
                "there is no scheduler \"\(member)\": one of \(self.shards.members.sorted().joined(separator: ", "))")
        }
        var request = DrainRequest()
        request.isDraining = isDraining
        _ = try await ServiceError.wrapping {
            try await $QueryContract.resolve(id: .query(on: member), using: self.system).setDraining(request)
        }
    }

    /// Reports to any scheduler, which passes reports on to the owners of their shards.
    package var podReporter: PodReporter {
        { reports in
            try await self.onAnyScheduler { member throws(ServiceError) in
                do throws(ServiceError) {
                    return try await ServiceError.wrapping {
                        let door = try $RunnerReports.resolve(id: .reports(on: member), using: self.system)
                        return try await CallContext.withTimeout(Self.reportTimeout) {
                            try await door.report(reports).unwanted
                        }
                    }
                } catch  where error.code == .deadlineExceeded {
                    // It hangs: somebody else may take them, and whoever had taken them already tells them apart.
                    throw .unreachable(member)
                }
            }
        }
    }

    /// Calls any scheduler: each answers queries for all shards.
    func onQuery<Answer: Sendable>(
        _ call: ($QueryContract) async throws -> Answer
    ) async throws(ServiceError) -> Answer {
        try await self.onAnyScheduler { member throws(ServiceError) in
            try await ServiceError.wrapping {
                try await call(try $QueryContract.resolve(id: .query(on: member), using: self.system))
            }
        }
    }

    func openQuery<Request, Element>(
        _ method: StreamMethod<Request, Element>, _ request: Request
    ) async throws(ServiceError) -> AsyncThrowingStream<Element, any Error> {
        try await self.onAnyScheduler { member throws(ServiceError) in
            try await self.system.open(method, on: .query(on: member), request)
        }
    }

    /// Tries one scheduler after another, beginning with the owner of the first shard.
    private func onAnyScheduler<Answer: Sendable>(
        _ call: (String) async throws(ServiceError) -> Answer
    ) async throws(ServiceError) -> Answer {
        var search = Search(clock: self.system.clock)
        while true {
            let first = self.shards.owner(of: 0)
            for member in [first] + self.shards.members.filter({ $0 != first }) {
                do {
                    return try await call(member)
                } catch {
                    // What any scheduler answers changes nothing, or is told apart where it comes twice.
                    guard error.redirect != nil || error.isLost, search.goesOn else { throw error }
                }
            }
            try await search.pause()
        }
    }

    /// Calls the owner of a shard: follows hints, and waits a while where the shard is between two owners.
    ///
    /// - Parameter isRepeatable: whether the call does no harm where it is made again after its answer was lost.
    package func onShard<Answer: Sendable>(
        _ shard: Int, isRepeatable: Bool = false, _ call: ($ShardContract) async throws -> Answer
    ) async throws(ServiceError) -> Answer {
        var search = Search(clock: self.system.clock)
        while true {
            let owner = self.shards.owner(of: shard)
            do {
                return try await ServiceError.wrapping {
                    try await call(try $ShardContract.resolve(id: .shard(shard, on: owner), using: self.system))
                }
            } catch {
                let isAgain = isRepeatable && error.isLost
                guard let hint = error.redirect ?? (isAgain ? "" : nil), search.goesOn else { throw error }
                if !hint.isEmpty, hint != owner, search.follows() {
                    self.shards.setOwner(hint, of: shard)
                } else {
                    try await search.pause()
                    await self.refresh(first: search.rounds)
                }
            }
        }
    }

    /// Calls the owner of a shard, again where the answer was lost: the shard knows the call by its key, and does it
    /// once.
    func onShardOnce<Answer: Sendable>(
        _ shard: Int, _ call: ($ShardContract) async throws -> Answer
    ) async throws(ServiceError) -> Answer {
        var random = SystemRandomNumberGenerator()
        let key = Identifiers.uid(using: &random)
        return try await ServiceError.wrapping {
            try await CallContext.with({ $0.metadata.idempotencyKey = key }) {
                try await self.onShard(shard, isRepeatable: true, call)
            }
        }
    }

    /// Keeps the map of shards and the addresses of schedulers up to date until the task is cancelled.
    ///
    /// - Parameter looked: told each time why no scheduler has answered; `nil`: one has.
    package func follow(
        every interval: Duration = .seconds(1), looked: (ServiceError?) -> Void = { _ in }
    ) async {
        while !Task.isCancelled {
            looked(await self.refresh())
            // Cancelled.
            do { try await ContinuousClock().sleep(for: interval) } catch { return }
        }
    }

    /// Asks the schedulers that are known for the present map, until one answers; where none does, says why.
    ///
    /// - Parameter first: which of them is asked first, counted round: one that is wrong about the map must not be the
    ///   only one who is believed.
    @discardableResult
    private func refresh(first: Int = 0) async -> ServiceError? {
        var reason = ServiceError(.unavailable, "no scheduler is known")
        let members = self.shards.members
        for index in members.indices {
            let member = members[(first + index) % members.count]
            do {
                let door = try $QueryContract.resolve(id: .query(on: member), using: self.system)
                let view = try await CallContext.withTimeout(ClusterClient.refreshTimeout) {
                    try await door.cluster(ClusterRequest())
                }
                self.shards.update(view)
                return nil
            } catch {
                // The next one may know; where none does, the old map is as good as any.
                reason = ServiceError(wrapping: error)
            }
        }
        return reason
    }

    /// How long a call has been looking for somebody who answers.
    private struct Search {
        private let clock: any ElapsedClock
        private let end: Duration
        private var nextPause = ClusterClient.shortestPause
        private var hints = 0
        /// How often nobody was found.
        private(set) var rounds = 0

        init(clock: any ElapsedClock) {
            self.clock = clock
            self.end = clock.elapsed() + ClusterClient.patience
        }

        var goesOn: Bool { self.clock.elapsed() < self.end }

        mutating func follows() -> Bool {
            self.hints += 1
            return self.hints <= ClusterClient.hintLimit
        }

        mutating func pause() async throws(ServiceError) {
            self.hints = 0
            self.rounds += 1
            let pause = self.nextPause
            self.nextPause = min(pause * 2, ClusterClient.longestPause)
            try await ServiceError.wrapping { try await self.clock.sleep(for: pause) }
        }
    }
}
