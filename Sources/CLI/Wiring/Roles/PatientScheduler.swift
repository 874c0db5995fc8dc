import Logging
import Scheduler
import ServiceLifecycle
import Synchronization

/// A scheduler that waits for its database: probes are answered, and signals obeyed, before it is there.
final class PatientScheduler: Service {
    private enum State {
        /// Why the database cannot be used yet, once it was asked.
        case opening(StoreError?)
        case running(SchedulerService)
    }

    private let database: String
    private let logger: Logger
    private let make: @Sendable (PostgresStore) -> SchedulerService
    private let ready: @Sendable () -> Void
    private let state = Mutex(State.opening(nil))
    private let parallelism = Mutex<Parallelism?>(nil)

    /// - Parameters:
    ///   - database: where PostgreSQL is, for libpq to read.
    ///   - ready: called once the scheduler answers for its shards.
    init(
        database: String, logger: Logger, make: @escaping @Sendable (PostgresStore) -> SchedulerService,
        ready: @escaping @Sendable () -> Void
    ) {
        self.database = database
        self.logger = logger
        self.make = make
        self.ready = ready
    }

    /// Why the scheduler cannot do its work now, if it is the database's fault.
    var obstacle: String? {
        switch self.state.withLock({ $0 }) {
        case .opening(let reason): reason.map { "the database cannot be used: \($0)" }
        case .running(let scheduler): scheduler.obstacle
        }
    }

    /// Changes how many workflows may run at once, now or when it begins.
    func setParallelism(_ parallelism: Parallelism) {
        self.parallelism.withLock { $0 = parallelism }
        if case .running(let scheduler) = self.state.withLock({ $0 }) { scheduler.setParallelism(parallelism) }
    }

    func run() async throws {
        guard let store = try await self.open() else { return }
        let scheduler = self.make(store)
        self.state.withLock { $0 = .running(scheduler) }
        if let parallelism = self.parallelism.withLock({ $0 }) { scheduler.setParallelism(parallelism) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await scheduler.run() }
            group.addTask {
                // A scheduler that never becomes ready says why by itself.
                do { try await scheduler.ready() } catch { return }
                self.ready()
            }
            try await group.waitForAll()
        }
    }

    /// - Returns: `nil` where the process is to stop.
    private func open() async throws -> PostgresStore? {
        try await cancelWhenGracefulShutdown {
            do {
                return try await PatientStore.open(self.database, logger: self.logger) { reason in
                    self.state.withLock { $0 = .opening(reason) }
                }
            } catch {
                guard Task.isCancelled else { throw error }
                return nil
            }
        }
    }
}
