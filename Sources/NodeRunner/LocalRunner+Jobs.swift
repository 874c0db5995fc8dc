import Logging
import Model
import OrderedCollections

/// The work that a runner does outside its actor.
extension LocalRunner {
    /// How long after a refused report it is delivered again: from the first to the longest, doubling.
    private static let firstRetryDelay = Duration.milliseconds(100)
    private static let longestRetryDelay = Duration.seconds(5)
    /// How long a full disk is waited for before a pod's outputs are given up.
    private static let fullDiskPatience = Duration.seconds(300)
    /// How long reports are gathered that came up during a call: each call is a commit at its other end.
    private static let gatheringTime = Duration.milliseconds(3)
    /// How long a call with reports holds up the next one.
    private static let overtakingDelay = Duration.milliseconds(50)

    nonisolated func perform(_ job: Job) async {
        switch job {
        case .prepare(let identity, let plan): await self.prepare(identity, plan)
        case .collect(let identity, let record): await self.collect(identity, record)
        case .deliverReports: await self.deliverReports()
        case .deliver(let report): await self.deliver(report)
        case .clean(let folder):
            await self.blocking("pod files not removed") { () throws(RunnerError) in try folder.removeWorkFiles() }
        case .remove(let workflowUID):
            let path = "\(self.configuration.podsFolder)/\(workflowUID)"
            await self.blocking("workflow's pods not removed") { () throws(RunnerError) in try HostFiles.remove(path) }
        }
    }

    private nonisolated func blocking(
        _ failure: Logger.Message, _ work: @escaping @Sendable () throws(RunnerError) -> Void
    ) async {
        let result = await BlockingWork.run { Result { () throws(RunnerError) in try work() } }
        if case .failure(let error) = result { self.logger.warning(failure, metadata: ["error": "\(error)"]) }
    }

    private nonisolated func prepare(_ identity: PodIdentity, _ plan: PodPlan) async {
        guard let pod = await self.pod(identity) else { return }
        do {
            await self.prepared(identity, without: try await self.inputs(of: pod))
        } catch {
            guard !Task.isCancelled else { return }
            let report = self.errorReport(pod.launch, "init: Error (exit code 64): \(error.message)")
            await self.apply(.preparationFailed(report), to: identity)
        }
    }

    /// Puts a pod's inputs into its folder; answers the places of optional artifacts that are not there.
    private nonisolated func inputs(of pod: Pod) async throws(RunnerError) -> Set<String> {
        let inputs = InputArtifacts(repository: self.repository)
        try await BlockingWork.trying { () throws(RunnerError) in try inputs.empty(pod.folder) }
        var origins: [Int: InputArtifacts.Origin] = [:]
        if let peers = self.peers {
            let identity = pod.launch.identity
            let remote = RemoteInputs(repository: self.repository, peers: peers) {
                await self.pod(identity)?.machine.isStoppedEarly != false
            }
            guard let fetched = try await remote.fetch(pod.launch, to: pod.folder) else { return [] }
            origins = fetched
        }
        return try await BlockingWork.trying { [origins] () throws(RunnerError) in
            try inputs.prepare(pod.launch, in: pod.folder, from: origins)
        }
    }

    private nonisolated func collect(_ identity: PodIdentity, _ record: ExitRecord) async {
        guard let pod = await self.pod(identity) else { return }
        let collection = OutputCollection(
            launch: pod.launch, folder: pod.folder, record: record, repository: self.repository)
        let logger = self.logger
        guard let report = await self.report(of: collection, id: pod.folder.id) else { return }
        await BlockingWork.run {
            do { try pod.folder.save(report) } catch {
                // After a crash the outputs would be collected once more.
                logger.warning("report not saved", metadata: ["pod": "\(pod.folder.id)", "error": "\(error)"])
            }
        }
        await self.apply(.collected(report), to: identity)
    }

    /// Collects again and again while the disk is full, for the pod's files are still there.
    ///
    /// Answers `nil` where the runner ends meanwhile: the next one collects then.
    private nonisolated func report(of collection: OutputCollection, id: String) async -> PodReport? {
        let giveUp = ContinuousClock.now + Self.fullDiskPatience
        var delay = Self.firstRetryDelay
        while true {
            let (report, isDiskFull) = await BlockingWork.run { collection.report() }
            guard isDiskFull, ContinuousClock.now < giveUp else { return report }
            self.logger.warning(
                "outputs not collected: the disk is full",
                metadata: ["pod": "\(id)", "error": "\(report.message ?? "")"])
            guard (try? await Task.sleep(for: delay)) != nil else { return nil }
            delay = min(delay * 2, Self.longestRetryDelay)
        }
    }

    /// Puts a report among those that go with the next call; it takes the place of an earlier one of the same pod.
    func send(_ report: PodReport) {
        self.unsentReports[report.identity] = report
        guard !self.isDelivering else { return }
        self.isDelivering = true
        self.addJob.yield(.deliverReports)
    }

    /// Delivers what waits, all of it in one call, until nothing waits.
    ///
    /// A call that takes long, for one of its workflows has lost its scheduler, is overtaken by those after it: what
    /// waits is at most one report of each pod.
    private nonisolated func deliverReports() async {
        await withDiscardingTaskGroup { group in
            while let reports = await self.nextReports() {
                let (end, ended) = AsyncStream.makeStream(of: Void.self)
                group.addTask {
                    await self.deliver(reports)
                    ended.finish()
                }
                await Self.wait(for: end, atMost: Self.overtakingDelay)
                guard await self.hasReports else { continue }
                // Cut short where the runner ends.
                guard (try? await Task.sleep(for: Self.gatheringTime)) != nil else { return }
            }
        }
    }

    private nonisolated func deliver(_ reports: [PodReport]) async {
        do {
            await self.acknowledged(reports, unwanted: try await self.receiver(reports))
        } catch {
            // One that is refused must not hold up the others: from here on each goes by itself.
            for report in reports { self.addJob.yield(.deliver(report)) }
        }
    }

    private nonisolated static func wait(for end: AsyncStream<Void>, atMost limit: Duration) async {
        await withTaskGroup { group in
            group.addTask {
                // Cut short by the end.
                _ = try? await Task.sleep(for: limit)
            }
            group.addTask { for await _ in end {} }
            await group.next()
            group.cancelAll()
        }
    }

    private var hasReports: Bool { !self.unsentReports.isEmpty }

    private func nextReports() -> [PodReport]? {
        guard self.hasReports else {
            self.isDelivering = false
            return nil
        }
        defer { self.unsentReports.removeAll(keepingCapacity: true) }
        return Array(self.unsentReports.values)
    }

    private func acknowledged(_ reports: [PodReport], unwanted: [PodIdentity]) {
        for report in reports where report.phase.isFulfilled { self.apply(.acknowledged, to: report.identity) }
        // Their attempts were given up: whatever they would still say is refused.
        for identity in unwanted { self.apply(.stopRequested(graceSeconds: 0), to: identity) }
    }

    /// Delivers a report again and again until it is taken.
    private nonisolated func deliver(_ report: PodReport) async {
        var delay = Self.firstRetryDelay
        while !Task.isCancelled {
            do {
                return await self.acknowledged([report], unwanted: try await self.receiver([report]))
            } catch {
                self.logger.debug(
                    "report not taken", metadata: ["node": "\(report.identity.nodeID)", "error": "\(error)"])
                guard (try? await Task.sleep(for: delay)) != nil else { return }
                delay = min(delay * 2, Self.longestRetryDelay)
            }
        }
    }

    private func pod(_ identity: PodIdentity) -> Pod? { self.pods[identity] }

    private func prepared(_ identity: PodIdentity, without absent: Set<String>) {
        self.pods[identity]?.plan?.request.placements.removeAll { absent.contains($0.from) }
        self.apply(.prepared, to: identity)
    }

    // MARK: Reports

    /// How far a pod is.
    func currentReport(of pod: Pod) -> PodReport {
        if let report = pod.machine.finalReport { return report }
        var report = PodReport(of: pod.launch)
        report.phase = pod.machine.phase ?? .pending
        report.startedAt = pod.startedAt
        report.hostNodeName = self.configuration.hostName
        report.warnings = pod.warnings
        report.ignoredFields = pod.plan?.ignoredFields ?? []
        return report
    }

    nonisolated func errorReport(_ launch: PodLaunch, _ message: String) -> PodReport {
        var report = PodReport(of: launch)
        report.phase = .error
        report.message = message
        return report
    }

    nonisolated func lostReport(_ launch: PodLaunch) -> PodReport {
        self.errorReport(
            launch, "pod deleted: its supervisor is gone and left no exit record (killed, or the machine was restarted)"
        )
    }
}
