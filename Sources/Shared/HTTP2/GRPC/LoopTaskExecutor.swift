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

    /// How often what was added meanwhile is run, too, before the loop takes its next turn and bytes move.
    private static let rounds = 8

    private func run() {
        var round = 1
        while true {
            let isLast = round == LoopTaskExecutor.rounds
            let jobs = self.queue.withLock { queue in
                // What is added from now on needs a turn of its own.
                if isLast || queue.jobs.isEmpty { queue.isScheduled = false }
                defer { queue.jobs = [] }
                return queue.jobs
            }
            for job in jobs { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
            if isLast || jobs.isEmpty { return }
            round += 1
        }
    }
}
