import DequeModule

/// The calls of a connection that wait to be served, and the workers that have nothing to do.
///
/// A task for each call would cost more than many calls do, so a worker serves one call after another. Whoever takes a
/// call while others wait has more workers woken: where it is answered without waiting for anything, the same worker
/// takes the next one before they are there, and where it has to wait, they go on. Whenever calls wait, a worker is on
/// its way.
///
/// Used on the event loop of the connection only.
final class CallWorkers {
    /// How many workers are kept that have nothing to do.
    private static let idleLimit = 64
    /// How many workers may be on their way: each has as many others woken.
    private static let wokenLimit = 2

    private var waiting: Deque<ServerCall> = []
    // SAFETY: each is taken out before it is resumed, and so resumed once; `close` leaves none behind.
    private var idle: [UnsafeContinuation<Void, Never>] = []
    /// Workers that were woken or asked for and have not looked yet.
    private var wokenCount = 0
    private var isClosed = false
    private let onWanted: () -> Void

    /// - Parameter onWanted: called where another worker is to begin.
    init(onWanted: @escaping () -> Void) { self.onWanted = onWanted }

    func add(_ calls: [ServerCall]) {
        self.waiting.append(contentsOf: calls)
        self.wake()
    }

    /// No other call comes: workers end once those that wait are done.
    func close() {
        self.isClosed = true
        let idle = self.idle
        self.idle = []
        self.wokenCount += idle.count
        for worker in idle { worker.resume() }
    }

    /// Says first of all that a worker that was asked for is there.
    func began() { self.wokenCount -= 1 }

    /// The call that has waited longest; `nil` where the worker is to end.
    func next() async -> ServerCall? {
        while true {
            if let call = self.waiting.popFirst() {
                self.wake()
                return call
            }
            guard !self.isClosed, self.idle.count < CallWorkers.idleLimit else { return nil }
            await withUnsafeContinuation { self.idle.append($0) }
            self.wokenCount -= 1
        }
    }

    private func wake() {
        while self.wokenCount < min(CallWorkers.wokenLimit, self.waiting.count) {
            self.wokenCount += 1
            if let worker = self.idle.popLast() {
                worker.resume()
            } else {
                self.onWanted()
            }
        }
    }
}
