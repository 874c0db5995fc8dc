import Synchronization
import TestSupport

@testable import Scheduler

/// Lets calls through at once, or one by one, in whatever order a test chooses: slowness without a clock.
final class Turnstile: Sendable {
    private struct State {
        var isClosed = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let arrival = WakeUp()

    var waiting: Int { self.state.withLock { $0.waiting.count } }

    func close() { self.state.withLock { $0.isClosed = true } }

    /// Lets everybody through, now and from now on.
    func open() {
        let waiting = self.state.withLock { state in
            state.isClosed = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.resume() }
    }

    func pass() async {
        await withCheckedContinuation { continuation in
            let mayPass = self.state.withLock { state in
                if state.isClosed { state.waiting.append(continuation) }
                return !state.isClosed
            }
            if mayPass { continuation.resume() } else { self.arrival.signal() }
        }
    }

    /// Waits until somebody waits.
    func waitForArrival() async {
        while self.waiting == 0, !Task.isCancelled { await self.arrival.wait() }
    }

    /// Lets one at a time through, any of those that wait, until the task is cancelled; then everybody.
    func letThrough(using random: SplitMix64) async {
        var random = random
        while !Task.isCancelled {
            await self.waitForArrival()
            let chosen = self.state.withLock { state in
                state.waiting.isEmpty ? nil : state.waiting.remove(at: random.below(state.waiting.count))
            }
            chosen?.resume()
            await Task.yield()
        }
        self.open()
    }
}
