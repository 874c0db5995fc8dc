import Logging
import Model

/// Fires cron workflows.
final class CronController: Sendable {
    init(catalog: ObjectCatalog, timers: TimerQueue, clock: any SchedulerClock, logger: Logger) {}
    func start() {}
    func run(_ replica: Replica) async {}
    func due(_ name: WorkflowName) {}
    func completed(_ workflow: WorkflowName, of cron: WorkflowName, phase: String) {}
    func changed(_ name: WorkflowName) {}
}
