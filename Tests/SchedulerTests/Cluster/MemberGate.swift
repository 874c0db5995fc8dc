import ActorTransport
import Model
import Synchronization

@testable import Scheduler

/// What stands between one replica and everything else: it can be shut for a while, or for ever.
///
/// A replica whose gate is shut is like a process that was stopped: nothing of it gets out or in, and its clock does
/// not wake it. Once the gate opens again, it goes on with what it was about to do, as a zombie does. A dead one never
/// does.
final class MemberGate: Sendable {
    enum State { case open, shut, dead }

    private struct Waiters {
        var state = State.open
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(Waiters())

    var isDead: Bool { self.state.withLock { $0.state == .dead } }

    func set(_ new: State) {
        let waiting = self.state.withLock { state in
            guard state.state != .dead else { return [CheckedContinuation<Void, Never>]() }
            state.state = new
            guard new != .shut else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.resume() }
    }

    /// Returns once the gate is open; `false` where it never will be.
    func pass() async -> Bool {
        while true {
            await withCheckedContinuation { continuation in
                let isThrough = self.state.withLock { state in
                    guard state.state == .shut else { return true }
                    state.waiting.append(continuation)
                    return false
                }
                if isThrough { continuation.resume() }
            }
            switch self.state.withLock({ $0.state }) {
            case .open: return true
            case .dead: return false
            case .shut: continue
            }
        }
    }
}

/// A replica's way out to others.
struct GatedTransport: Transport {
    let gate: MemberGate
    let base: LoopbackTransport

    func unary(_ call: WireCall) async throws(ServiceError) -> [UInt8] {
        guard await self.gate.pass() else { throw .unreachable(call.target.member) }
        return try await self.base.unary(call)
    }

    func stream(_ call: WireCall) async throws(ServiceError) -> WireStream {
        guard await self.gate.pass() else { throw .unreachable(call.target.member) }
        return try await self.base.stream(call)
    }
}

/// A replica's way in.
final class GatedHandler: CallHandler {
    private let gate: MemberGate
    private let base: any CallHandler

    init(gate: MemberGate, base: any CallHandler) {
        self.gate = gate
        self.base = base
    }

    var member: String { self.base.member }

    func isStream(_ method: String) -> Bool { self.base.isStream(method) }

    func handle(_ call: WireCall) async throws(ServiceError) -> [UInt8] {
        guard await self.gate.pass() else { throw .unreachable(call.target.member) }
        let answer = try await self.base.handle(call)
        // An answer of somebody dead does not arrive: whether the call was done is unknown.
        guard await self.gate.pass() else { throw ServiceError(.unavailable, "the connection was lost") }
        return answer
    }

    func handleStream(_ call: WireCall) async throws(ServiceError) -> WireStream {
        guard await self.gate.pass() else { throw .unreachable(call.target.member) }
        let gate = self.gate
        let source = StreamSource(try await self.base.handleStream(call))
        return WireStream(unfolding: {
            let message = try await source.next()
            guard await gate.pass() else { throw ServiceError(.unavailable, "the connection was lost") }
            return message
        })
    }
}

/// A clock that wakes nobody who is stopped.
struct GatedClock: SchedulerClock {
    let gate: MemberGate
    let base: VirtualClock

    func now() -> Timestamp { self.base.now() }
    func elapsed() -> Duration { self.base.elapsed() }

    func sleep(until time: Timestamp) async throws {
        try await self.base.sleep(until: time)
        _ = await self.gate.pass()
    }

    func sleep(for duration: Duration) async throws {
        try await self.base.sleep(for: duration)
        _ = await self.gate.pass()
    }
}

/// A clock that the test drives, for the time of day and for what has elapsed.
struct VirtualClock: SchedulerClock {
    static let start = Timestamp(seconds: 1_767_225_600)

    private let clock = ManualClock(seconds: VirtualClock.start.seconds)

    func now() -> Timestamp { self.clock.now() }
    func elapsed() -> Duration { .nanoseconds(self.clock.now().nanoseconds - VirtualClock.start.nanoseconds) }
    func sleep(until time: Timestamp) async throws { try await self.clock.sleep(until: time) }

    func sleep(for duration: Duration) async throws {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        try await self.clock.sleep(until: self.clock.now() + GoDuration(nanoseconds: nanoseconds))
    }

    func advance(by duration: Duration) { self.clock.advance(by: duration) }
}
