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
/// A tick makes exactly one workflow: it is named after its tick, and a name exists once.
final class CronController: Sendable {
    /// How many things may wait to be looked at; each cron workflow has few.
    private static let mailboxLimit = 100_000

    fileprivate enum Message: Sendable {
        case owned(ShardSet)
        case changed(WorkflowName)
        case due(WorkflowName)
        case childCompleted(of: WorkflowName)
        case disowned(shard: Int)
    }

    private let catalog: ObjectCatalog
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

    func childEnded(of cron: WorkflowName) { _ = self.mailbox.post(.childCompleted(of: cron)) }

    func close() { self.mailbox.close() }

    /// Works until it is closed.
    func run(_ replica: Replica) async {
        var watched: [WorkflowName: CronWatch] = [:]
        while let batch = await self.mailbox.next() {
            for message in batch {
                switch message {
                case .owned(let shards): await self.deleteOrphans(of: nil, in: shards, replica)
                case .changed(let name):
                    let old = watched.removeValue(forKey: name)
                    watched[name] = await self.take(name, old, replica)
                    self.setTimer(name: name, watched[name])
                    // Gone, or another one of the same name.
                    let isSame = old.map { $0.uid == watched[name]?.uid } ?? (watched[name] != nil)
                    if !isSame { await self.deleteOrphans(of: name, in: ShardSet([name.cronShard]), replica) }
                case .due(let name):
                    // Its workflows may have ended in shards of replicas that could not say so.
                    await self.observe(&watched[name], replica)
                    let now = self.clock.now()
                    await self.apply(.woke(at: now), to: &watched[name], replica)
                    self.setTimer(name: name, watched[name])
                case .childCompleted(let name):
                    await self.observe(&watched[name], replica)
                    self.setTimer(name: name, watched[name])
                case .disowned(let shard):
                    for name in watched.keys where name.cronShard == shard {
                        watched[name] = nil
                        self.setTimer(name: name, nil)
                    }
                }
            }
        }
    }

    // MARK: Watching one cron workflow

    /// The machine of a cron workflow as it is stored now; `nil` where it is gone or cannot be read.
    private func take(_ name: WorkflowName, _ old: CronWatch?, _ replica: Replica) async -> CronWatch? {
        let key = ObjectKey(.cronWorkflow, namespace: name.namespace, name: name.name)
        guard let entry = self.catalog.entry(key), replica.directory[name.cronShard] != nil else { return nil }
        // What we saved ourselves tells the machine nothing new.
        if let old, old.spec == entry.object["spec"], old.uid == entry.object["metadata"]?["uid"] { return old }
        do {
            let cron = try CronWorkflow(json: entry.object, at: DecodingPlace())
            var machine = try CronStateMachine(cron, zone: TimeZoneFiles.rules)
            machine.specIssue = replica.admission.issue(of: cron, catalog: self.catalog.templates)
            var watch: CronWatch? = CronWatch(
                name: name, uid: entry.object["metadata"]?["uid"], spec: entry.object["spec"], machine: machine)
            await self.observe(&watch, replica)
            await self.apply(.started(at: self.clock.now()), to: &watch, replica)
            return watch
        } catch {
            self.logger.error(
                "cron workflow cannot be read", metadata: ["cron-workflow": "\(name)", "reason": "\(error)"])
            return nil
        }
    }

    private func setTimer(name: WorkflowName, _ watch: CronWatch?) {
        if let time = watch?.machine.nextWake {
            self.timers.set(.cron(name), at: time)
        } else {
            self.timers.cancel(.cron(name))
        }
    }

    private func observe(_ watch: inout CronWatch?, _ replica: Replica) async {
        guard let name = watch?.name else { return }
        var filter = WorkflowFilter()
        filter.namespace = name.namespace
        filter.labels = [.isIn(WorkflowKeys.cronWorkflow, [name.name])]
        filter.withoutNodes = true
        do {
            let children = try await replica.store.workflows(filter).items.map(CronChild.init)
            await self.apply(.childrenObserved(children, at: self.clock.now()), to: &watch, replica)
        } catch {
            self.logger.error(
                "workflows of a cron workflow cannot be listed",
                metadata: ["cron-workflow": "\(name)", "reason": "\(error)"])
        }
    }

    // MARK: Doing what the machine says

    private func apply(_ event: CronStateMachine.Event, to watch: inout CronWatch?, _ replica: Replica) async {
        guard let name = watch?.name, var machine = watch?.machine else { return }
        var decisions = machine.apply(event)[...]
        while let decision = decisions.popFirst() {
            switch decision {
            case .submit(let workflow, let tick):
                decisions += machine.apply(await self.submit(workflow, tick, name, replica))
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
                let shard = ShardMap.shard(
                    of: ObjectKey(.cronWorkflow, namespace: name.namespace, name: name.name))
                let object = machine.cron.json(.argo)
                _ = replica.directory[shard]?.mailbox.post(.setCronStatus(name, object), isUrgent: true)
            }
        }
        watch?.machine = machine
    }

    /// Makes the workflow of a tick.
    ///
    /// One that exists already was made for the same tick, before a restart.
    private func submit(
        _ workflow: Workflow, _ tick: Timestamp, _ name: WorkflowName, _ replica: Replica
    ) async -> CronStateMachine.Event {
        var workflow = workflow
        var random = SystemRandomNumberGenerator()
        workflow.metadata.uid = Identifiers.uid(using: &random)
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
                return .submissionFailed(tick: tick, message: error.message)
            }
        } catch {
            return .submissionFailed(tick: tick, message: error.message)
        }
        let made = CronChild(name: child, namespace: name.namespace, uid: uid, phase: .running)
        return .submitted(tick: tick, made.reference)
    }

    /// Asks the shard of a workflow for something that may have been done by somebody else meanwhile.
    func ask(
        _ child: WorkflowName, _ replica: Replica,
        _ here: (ShardProcessor) async throws(ServiceError) -> Void,
        elsewhere: ($ShardContract) async throws -> Void
    ) async {
        do {
            let shard = ShardMap.shard(ofWorkflow: child.name, in: child.namespace)
            try await replica.router.onShard(shard, here: here, elsewhere: elsewhere)
        } catch {
            guard error.code != .notFound, error.code != .failedPrecondition else { return }
            self.logger.warning(
                "a workflow of a cron workflow was left as it is",
                metadata: ["workflow": "\(child)", "reason": "\(error)"])
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
