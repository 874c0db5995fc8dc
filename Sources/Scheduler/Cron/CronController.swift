import ActorTransport
import JSON
import Logging
import Model
import OrderedCollections
import Synchronization
import Validation
import WorkflowEngine

/// Fires cron workflows: feeds their machines with time and with what became of their workflows, and does what they
/// say.
///
/// A tick makes exactly one workflow. It is named after its tick, and a name exists once; and that it is made is
/// written before by the owner of the cron workflow, so that somebody who is not the owner any more makes none.
final class CronController: Sendable {
    /// How many things may wait to be looked at; each cron workflow has few.
    private static let mailboxLimit = 100_000
    /// How long until something is tried again that could not be read or written.
    private static let retryPause = GoDuration(seconds: 1)
    /// The same for workflows whose cron workflow is gone.
    private static let searchPause = Duration.seconds(1)

    fileprivate enum Message: Sendable {
        case owned(ShardSet)
        case changed(WorkflowName)
        case due(WorkflowName)
        case childMade(of: CronOwner)
        case childCompleted(of: WorkflowName)
        case disowned(shard: Int)
        /// Workflows of cron workflows that are gone are looked for once more.
        case orphansLeft(OrphanSearch)
    }

    let catalog: ObjectCatalog
    private let timers: TimerQueue
    private let clock: any SchedulerClock
    let logger: Logger
    private let mailbox = Mailbox<Message>(limit: CronController.mailboxLimit)

    init(catalog: ObjectCatalog, timers: TimerQueue, clock: any SchedulerClock, logger: Logger) {
        self.catalog = catalog
        self.timers = timers
        self.clock = clock
        self.logger = logger
    }

    /// Begins with the cron workflows of these shards.
    func owned(_ shards: [Int]) {
        let owned = ShardSet(shards)
        _ = self.mailbox.post(.owned(owned))
        for entry in self.catalog.entries(.cronWorkflow, namespace: nil) {
            guard let name = entry.object["metadata"]?["name"]?.stringValue else { continue }
            let namespace = entry.object["metadata"]?["namespace"]?.stringValue ?? ""
            let cron = WorkflowName(namespace: namespace, name: name)
            if owned.contains(cron.cronShard) { self.changed(cron) }
        }
    }

    /// Another replica sees to the cron workflows of this shard from now on.
    func disowned(_ shard: Int) { _ = self.mailbox.post(.disowned(shard: shard)) }

    func changed(_ name: WorkflowName) { _ = self.mailbox.post(.changed(name)) }

    func due(_ name: WorkflowName) { _ = self.mailbox.post(.due(name)) }

    /// A workflow was written that this cron workflow owns.
    func childMade(of cron: CronOwner) { _ = self.mailbox.post(.childMade(of: cron), isUrgent: true) }

    func childEnded(of cron: WorkflowName) { _ = self.mailbox.post(.childCompleted(of: cron)) }

    func close() { self.mailbox.close() }

    /// Works until it is closed.
    func run(_ replica: Replica) async {
        var watched: [WorkflowName: CronWatch] = [:]
        while let batch = await self.mailbox.next() {
            var orphans = OrphanSearch()
            for message in batch {
                switch message {
                case .owned(let shards):
                    // They may have been deleted, and nobody was told: the store broke, or somebody else had the shard.
                    for name in watched.keys where shards.contains(name.cronShard) {
                        await self.take(name, &watched[name], replica)
                    }
                    orphans.shards.formUnion(shards)
                case .changed(let name):
                    let old = watched[name]
                    await self.take(name, &watched[name], replica)
                    // Gone, or another one of the same name.
                    let isSame = old.map { $0.uid == watched[name]?.uid } ?? (watched[name] != nil)
                    if !isSame { orphans.names.insert(name) }
                case .childMade(let cron): orphans.owners.insert(cron)
                case .orphansLeft(let search): orphans.formUnion(search)
                case .due(let name):
                    guard watched[name] != nil else {
                        await self.take(name, &watched[name], replica)
                        continue
                    }
                    await self.wake(&watched[name], replica)
                case .childCompleted(let name):
                    // Until the workflow of a tick is made, it is none that is gone.
                    guard watched[name]?.unmade.isEmpty ?? true else { continue }
                    let isDone = await self.observe(&watched[name], replica)
                    self.setTimer(name: name, watched[name], isRetry: !isDone)
                case .disowned(let shard):
                    for name in watched.keys where name.cronShard == shard {
                        watched[name] = nil
                        self.setTimer(name: name, nil)
                    }
                }
            }
            let left = await self.deleteOrphans(orphans, replica)
            if !left.isEmpty { self.lookAgain(for: left, replica) }
        }
    }

    /// Looks again after a pause, whatever the time of day is set to meanwhile.
    private func lookAgain(for orphans: OrphanSearch, _ replica: Replica) {
        replica.jobs.startDetached { [clock = self.clock, mailbox = self.mailbox] in
            // Cancelled only when the replica stops.
            do { try await clock.sleep(for: Self.searchPause) } catch { return }
            _ = mailbox.post(.orphansLeft(orphans), isUrgent: true)
        }
    }

    // MARK: Watching one cron workflow

    /// Watches a cron workflow as it is stored now; not where it is gone or cannot be read.
    private func take(_ name: WorkflowName, _ watched: inout CronWatch?, _ replica: Replica) async {
        let key = ObjectKey(.cronWorkflow, namespace: name.namespace, name: name.name)
        let old = watched
        watched = nil
        guard let entry = self.catalog.entry(key), replica.directory[name.cronShard] != nil else {
            return self.setTimer(name: name, nil)
        }
        // What we saved ourselves tells the machine nothing new.
        if let old, old.spec == entry.object["spec"], old.uid == entry.object["metadata"]?["uid"] {
            watched = old
            return self.setTimer(name: name, old)
        }
        do {
            let cron = try CronWorkflow(json: entry.object, at: DecodingPlace())
            var machine = try CronStateMachine(cron, zone: TimeZoneFiles.rules)
            machine.specIssue = replica.admission.issue(of: cron, catalog: self.catalog.templates)
            var watch: CronWatch? = CronWatch(
                name: name, uid: entry.object["metadata"]?["uid"], spec: entry.object["spec"], machine: machine)
            let isObserved = await self.observe(&watch, replica)
            let now = self.clock.now()
            guard isObserved, await self.apply(.started(at: now), to: &watch, replica) else {
                return self.timers.set(.cron(name), at: now + Self.retryPause)
            }
            watched = watch
        } catch {
            self.logger.error(
                "cron workflow cannot be read", metadata: ["cron-workflow": "\(name)", "reason": "\(error)"])
        }
        self.setTimer(name: name, watched)
    }

    /// The time of a tick has come, or that of another try.
    private func wake(_ watch: inout CronWatch?, _ replica: Replica) async {
        guard let name = watch?.name else { return }
        let unmade = watch?.unmade ?? []
        watch?.unmade = []
        for (workflow, tick) in unmade {
            guard let event = await self.submit(workflow, tick, name, replica) else {
                watch?.unmade.append((workflow, tick))
                continue
            }
            _ = await self.apply(event, to: &watch, replica)
        }
        guard watch?.unmade.isEmpty ?? true else { return self.setTimer(name: name, watch) }
        // Its workflows may have ended in shards of replicas that could not say so.
        _ = await self.observe(&watch, replica)
        let now = self.clock.now()
        let isDone = await self.apply(.woke(at: now), to: &watch, replica)
        self.setTimer(name: name, watch, isRetry: !isDone)
    }

    private func setTimer(name: WorkflowName, _ watch: CronWatch?, isRetry: Bool = false) {
        if let watch, !watch.unmade.isEmpty {
            self.timers.set(.cron(name), at: self.clock.now() + Self.retryPause)
        } else if let time = watch?.machine.nextWake {
            self.timers.set(.cron(name), at: isRetry ? max(time, self.clock.now() + Self.retryPause) : time)
        } else {
            self.timers.cancel(.cron(name))
        }
    }

    /// Looks what has become of the workflows of a cron workflow; says whether that could be done.
    private func observe(_ watch: inout CronWatch?, _ replica: Replica) async -> Bool {
        guard let name = watch?.name else { return true }
        var filter = WorkflowFilter()
        filter.namespace = name.namespace
        filter.labels = [.isIn(WorkflowKeys.cronWorkflow, [name.name])]
        filter.withoutNodes = true
        do {
            let children = try await replica.store.workflows(filter).items.map(CronChild.init)
            return await self.apply(.childrenObserved(children, at: self.clock.now()), to: &watch, replica)
        } catch {
            self.logger.error(
                "workflows of a cron workflow cannot be listed",
                metadata: ["cron-workflow": "\(name)", "reason": "\(error)"])
            return false
        }
    }

    // MARK: Doing what the machine says

    /// Says whether it is done: the event never was where something could not be written that must be before the rest.
    private func apply(
        _ event: CronStateMachine.Event, to watch: inout CronWatch?, _ replica: Replica
    ) async -> Bool {
        guard let name = watch?.name, var machine = watch?.machine else { return true }
        var decisions = machine.apply(event)[...]
        while let decision = decisions.popFirst() {
            switch decision {
            case .submit(let workflow, let tick):
                if let event = await self.submit(workflow, tick, name, replica) {
                    decisions += machine.apply(event)
                } else {
                    watch?.unmade.append((workflow, tick))
                }
            case .terminate(let child, _):
                let action = WorkflowAction(namespace: name.namespace, name: child, verb: .terminate)
                await self.ask(WorkflowName(namespace: name.namespace, name: child), replica) {
                    shard throws(ServiceError) in
                    let _: String = try await shard.ask { .act(action, $0) }
                } elsewhere: {
                    _ = try await $0.act(action)
                }
            case .delete(let child, _):
                let request = DeleteWorkflow(namespace: name.namespace, name: child, force: true)
                await self.ask(WorkflowName(namespace: name.namespace, name: child), replica) {
                    shard throws(ServiceError) in
                    try await shard.ask { .delete(request, $0) }
                } elsewhere: {
                    _ = try await $0.deleteWorkflow(request)
                }
            case .save:
                let object = machine.cron.json(.argo)
                guard !decisions.isEmpty else {
                    _ = replica.directory[name.cronShard]?.mailbox.post(
                        .setCronStatus(name, object, nil), isUrgent: true)
                    continue
                }
                guard await self.save(object, name, replica) else { return false }
            }
        }
        watch?.machine = machine
        return true
    }

    /// Writes what a cron workflow has done by now; says whether it is written.
    private func save(_ object: JSONValue, _ name: WorkflowName, _ replica: Replica) async -> Bool {
        guard let shard = replica.directory[name.cronShard] else { return false }
        do {
            let _: Void = try await shard.ask(isUrgent: true) { .setCronStatus(name, object, $0) }
            return true
        } catch {
            self.logger.warning(
                "a tick of a cron workflow waits: it cannot be written",
                metadata: ["cron-workflow": "\(name)", "reason": "\(error)"])
            return false
        }
    }

    /// Makes the workflow of a tick.
    ///
    /// One that exists already was made for the same tick, before a restart. Answers `nil` where nobody could be asked.
    private func submit(
        _ workflow: Workflow, _ tick: Timestamp, _ name: WorkflowName, _ replica: Replica
    ) async -> CronStateMachine.Event? {
        let request = CreateWorkflow(namespace: name.namespace, workflow: workflow.json(.compact))
        let child = workflow.metadata.name
        var uid = workflow.metadata.uid
        do {
            let shard = ShardMap.shard(ofWorkflow: child, in: name.namespace)
            try await replica.router.onShard(shard) { processor throws(ServiceError) in
                let _: JSONValue = try await processor.ask { .create(request, $0) }
            } elsewhere: {
                _ = try await $0.createWorkflow(request)
            }
            replica.metrics.cronFired(name)
        } catch  where error.code == .alreadyExists {
            do {
                let key = ObjectKey(.workflow, namespace: name.namespace, name: child)
                uid = try await replica.document(of: key)["metadata"]?["uid"]?.stringValue ?? uid
            } catch {
                return Self.failure(error, tick)
            }
        } catch {
            return Self.failure(error, tick)
        }
        let made = CronChild(name: child, namespace: name.namespace, uid: uid, phase: .running)
        return .submitted(tick: tick, made.reference)
    }

    private static func failure(_ error: ServiceError, _ tick: Timestamp) -> CronStateMachine.Event? {
        guard error.code != .unavailable, error.code != .deadlineExceeded else { return nil }
        return .submissionFailed(tick: tick, message: error.message)
    }

    /// Asks the shard of a workflow for something that may have been done by somebody else meanwhile.
    ///
    /// - Returns: Whether it is done, or never will be.
    @discardableResult
    func ask(
        _ child: WorkflowName, _ replica: Replica,
        _ here: (ShardProcessor) async throws(ServiceError) -> Void,
        elsewhere: ($ShardContract) async throws -> Void
    ) async -> Bool {
        do {
            let shard = ShardMap.shard(ofWorkflow: child.name, in: child.namespace)
            try await replica.router.onShard(shard, here: here, elsewhere: elsewhere)
            return true
        } catch {
            guard error.code != .notFound, error.code != .failedPrecondition else { return true }
            self.logger.warning(
                "a workflow of a cron workflow was left as it is",
                metadata: ["workflow": "\(child)", "reason": "\(error)"])
            return false
        }
    }
}

/// A cron workflow and its machine.
private struct CronWatch: Sendable {
    var name: WorkflowName
    var uid: JSONValue?
    /// The spec that the machine was made of.
    var spec: JSONValue?
    var machine: CronStateMachine
    /// Workflows that ticks make, where nobody could be asked yet.
    var unmade: [(workflow: Workflow, tick: Timestamp)] = []
}

extension WorkflowName {
    /// The shard that a cron workflow of this name belongs to.
    var cronShard: Int {
        ShardMap.shard(of: ObjectKey(.cronWorkflow, namespace: self.namespace, name: self.name))
    }
}

extension CronChild {
    fileprivate init(_ stored: StoredWorkflow) {
        self.init(
            name: stored.name.name, namespace: stored.name.namespace, uid: stored.uid,
            phase: WorkflowPhase(rawValue: stored.head.phase) ?? .unknown,
            finishedAt: stored.head.finishedAt.map { Timestamp(seconds: $0) })
    }
}
