/// A process of a simulation: whatever runs in it runs here, one job at a time.
///
/// One that is paused does nothing, and goes on where it stood; to others it looks dead. One that is dead never does
/// anything again: its tasks stay where they are, as those of a process that was killed.
// SAFETY: see `Simulation`.
final class SimulatedHost: TaskExecutor, @unchecked Sendable {
    enum State { case running, paused, dead }

    /// How many of the jobs that wait may change places.
    static let window = 3

    let name: String
    unowned let simulation: Simulation
    private(set) var state = State.running
    private var jobs: [UnownedJob] = []
    private var first = 0

    init(name: String, simulation: Simulation) {
        self.name = name
        self.simulation = simulation
    }

    var isReady: Bool { self.state == .running && self.first < self.jobs.count }

    var isAlive: Bool { self.state != .dead }

    func pause() { if self.state == .running { self.state = .paused } }
    func resume() { if self.state == .paused { self.state = .running } }
    func kill() { self.state = .dead }

    /// Lets a dead one end what it had begun, so that its memory comes back.
    func bury() { self.state = .running }

    /// Begins a task in this process.
    @discardableResult
    func spawn(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        Task.detached(executorPreference: self, priority: .medium, operation: body)
    }

    func enqueue(_ job: consuming ExecutorJob) { self.jobs.append(UnownedJob(job)) }

    /// How many jobs wait.
    var waiting: Int { self.jobs.count - self.first }

    /// Runs one of the first jobs that wait.
    func runJob(_ chosen: Int) {
        self.jobs.swapAt(self.first, self.first + chosen)
        let job = self.jobs[self.first]
        self.first += 1
        if self.first == self.jobs.count {
            self.jobs.removeAll(keepingCapacity: true)
            self.first = 0
        }
        job.runSynchronously(on: self.asUnownedTaskExecutor())
    }

    // MARK: Waiting

    /// Returns after `duration`, or throws where the task is cancelled.
    func sleep(for duration: Duration) async throws {
        let waiting = Waiting()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                waiting.continuation = continuation
                guard !Task.isCancelled else { return waiting.end(.failure(CancellationError())) }
                self.simulation.after(duration) { waiting.end(.success(())) }
            }
        } onCancel: {
            waiting.end(.failure(CancellationError()))
        }
    }
}

/// Somebody who waits for one thing of several.
// SAFETY: see `Simulation`.
final class Waiting<Value: Sendable>: @unchecked Sendable {
    var continuation: CheckedContinuation<Value, any Error>?

    init() where Value == Void {}
    init(for type: Value.Type) {}

    var isOver: Bool { self.continuation == nil }

    /// Ends the waiting; whatever comes after the first end is ignored.
    func end(_ result: Result<Value, any Error>) {
        let continuation = self.continuation
        self.continuation = nil
        continuation?.resume(with: result)
    }
}
