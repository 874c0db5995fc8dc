import NIOCore

/// One deadline at a time, for whoever owns it.
///
/// Moving the deadline back costs nothing: a timer that fires early looks again and sleeps on. That matters, because it
/// moves with every request.
final class ConnectionTimer {
    private let eventLoop: any EventLoop
    private var deadline: NIODeadline?
    private var timer: Scheduled<Void>?
    private var timerDeadline: NIODeadline = .distantFuture
    private let onExpiry: () -> Void

    init(eventLoop: any EventLoop, onExpiry: @escaping () -> Void) {
        self.eventLoop = eventLoop
        self.onExpiry = onExpiry
    }

    func set(_ duration: Duration) { self.set(self.eventLoop.now + TimeAmount(duration)) }

    func clear() { self.deadline = nil }

    func stop() {
        self.deadline = nil
        self.timer?.cancel()
        self.timer = nil
        self.timerDeadline = .distantFuture
    }

    private func set(_ deadline: NIODeadline) {
        self.deadline = deadline
        guard deadline < self.timerDeadline else { return }
        self.timer?.cancel()
        self.schedule(deadline)
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
        guard deadline <= self.eventLoop.now else {
            self.schedule(deadline)
            return
        }
        self.deadline = nil
        self.onExpiry()
    }
}
