import NIOCore

/// One deadline at a time, on an event loop.
///
/// Moving the deadline back costs nothing: a timer that fires early looks again and sleeps on.
final class LoopTimer {
    private let eventLoop: any EventLoop
    private var deadline: NIODeadline?
    private var timer: Scheduled<Void>?
    private var timerDeadline = NIODeadline.distantFuture
    private let onExpiry: () -> Void

    init(eventLoop: any EventLoop, onExpiry: @escaping () -> Void) {
        self.eventLoop = eventLoop
        self.onExpiry = onExpiry
    }

    /// Fires at `deadline`, or earlier where an earlier one was set.
    func set(noLaterThan deadline: NIODeadline) { self.set(min(deadline, self.deadline ?? .distantFuture)) }

    func set(_ deadline: NIODeadline) {
        self.deadline = deadline
        guard deadline < self.timerDeadline else { return }
        self.timer?.cancel()
        self.schedule(deadline)
    }

    func stop() {
        self.deadline = nil
        self.timer?.cancel()
        self.timer = nil
        self.timerDeadline = .distantFuture
    }

    private func schedule(_ deadline: NIODeadline) {
        self.timerDeadline = deadline
        // SAFETY: a timer belongs to a handler and is used on its loop only; the call checks that it is there.
        self.timer = self.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.fire() }
    }

    private func fire() {
        self.timer = nil
        self.timerDeadline = .distantFuture
        guard let deadline = self.deadline else { return }
        guard deadline <= self.eventLoop.now else { return self.schedule(deadline) }
        self.deadline = nil
        self.onExpiry()
    }
}
