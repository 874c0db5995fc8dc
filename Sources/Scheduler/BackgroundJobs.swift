/// Work that outlives the call that began it, in the task tree of the replica: it ends with the replica at the latest.
final class BackgroundJobs: Sendable {
    /// A job that was started.
    ///
    /// Letting go of it ends the job.
    final class Job: Sendable {
        fileprivate let end: WakeUp
        /// Whether it runs, or will; not where the replica ends, or too many wait.
        let isStarted: Bool

        fileprivate init(_ end: WakeUp, isStarted: Bool) {
            self.end = end
            self.isStarted = isStarted
        }

        func cancel() { self.end.signal() }

        deinit { self.end.signal() }
    }

    private typealias Work = @Sendable () async -> Void

    /// How many jobs may wait to be started; each stands for an open stream.
    private static let limit = 10_000

    private let mailbox = Mailbox<Work>(limit: BackgroundJobs.limit)

    func start(_ body: @escaping @Sendable () async -> Void) -> Job {
        let end = WakeUp()
        let posting = self.mailbox.post {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await body() }
                group.addTask { await end.wait() }
                await group.next()
                group.cancelAll()
            }
        }
        return Job(end, isStarted: posting == .accepted)
    }

    /// Starts work that nobody waits for.
    func startDetached(_ body: @escaping @Sendable () async -> Void) { _ = self.mailbox.post(body) }

    /// Runs jobs until `close` or until the task is cancelled, then cancels those that run.
    func run() async {
        await withDiscardingTaskGroup { group in
            while let batch = await self.mailbox.next() {
                for work in batch { group.addTask { await work() } }
            }
            group.cancelAll()
        }
    }

    func close() { self.mailbox.close() }
}
