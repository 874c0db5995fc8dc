import NIOCore

/// Watches over the deadlines of the calls of a connection with one timer.
///
/// Most calls end long before: setting a deadline costs a comparison, and all are looked through only when one may have
/// passed.
final class DeadlineWatch {
    private let timer: LoopTimer

    /// - Parameter expire: ends the calls that are past their deadline; answers the next one.
    init(eventLoop: any EventLoop, expire: @escaping (NIODeadline) -> NIODeadline?) {
        var again: ((NIODeadline) -> Void)?
        let timer = LoopTimer(eventLoop: eventLoop) {
            if let next = expire(eventLoop.now) { again?(next) }
        }
        again = { [weak timer] in timer?.set(noLaterThan: $0) }
        self.timer = timer
    }

    func add(_ deadline: NIODeadline) { self.timer.set(noLaterThan: deadline) }

    func stop() { self.timer.stop() }

    /// The loop's time for a moment of the continuous clock.
    static func loopDeadline(_ deadline: ContinuousClock.Instant) -> NIODeadline {
        .now() + TimeAmount(min(deadline - .now, DeadlineWatch.longest))
    }

    private static let longest = Duration.seconds(1_000_000_000)
}
