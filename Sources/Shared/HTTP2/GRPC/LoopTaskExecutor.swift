import NIOCore
import Synchronization

/// Runs tasks on the event loop of a connection, so that a call is read, served and answered without a change of
/// thread.
final class LoopTaskExecutor: TaskExecutor {
    private struct Queue {
        var jobs: [UnownedJob] = []
        var isScheduled = false
    }

    private let eventLoop: any EventLoop
    private let queue = Mutex(Queue())

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let mustSchedule = self.queue.withLock { queue in
            queue.jobs.append(job)
            defer { queue.isScheduled = true }
            return !queue.isScheduled
        }
        if mustSchedule { self.eventLoop.execute { self.run() } }
    }

    /// Runs what is there; what is added meanwhile waits for the loop's next turn, so that bytes move in between.
    private func run() {
        let jobs = self.queue.withLock { queue in
            queue.isScheduled = false
            defer { queue.jobs = [] }
            return queue.jobs
        }
        for job in jobs { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
