import ActorTransport
import TestSupport

/// What lies between hosts: messages take their time, overtake each other, come twice or not at all.
///
/// A message that is lost breaks its connection. Whoever waits for an answer is told: at once where the other side is
/// known to be gone, and after `keepalive` where nothing comes back.
// SAFETY: see `Simulation`.
final class SimulatedNetwork: @unchecked Sendable {
    /// How likely faults are: once in so many messages; 0 is never.
    struct Faults {
        var lossIn = 0
        var duplicateIn = 0
        var slowIn = 0
        /// The longest that a slow message takes, in microseconds.
        var slowest = 3_000_000
    }

    struct Link: Hashable {
        var from: String
        var to: String
    }

    /// How long until it is noticed that nothing comes back.
    static let keepalive = Duration.seconds(4)

    let simulation: Simulation
    var faults = Faults()
    /// Ways that nothing passes.
    private(set) var cut: Set<Link> = []
    private var handlers: [String: (host: SimulatedHost, handler: any CallHandler)] = [:]
    /// When each process has last heard a runner, or has begun.
    private var heard: [Link: (host: SimulatedHost, time: Duration)] = [:]
    /// Whether a scheduler has not heard a runner for about as long as it may be silent.
    private(set) var wasSilent = false
    private static let announcement = "/apus.v1.RunnerReports/Announce"
    private static let silence = Duration.seconds(8)
    /// Nobody is reached any more.
    var isOver = false

    init(simulation: Simulation) { self.simulation = simulation }

    func join(_ host: SimulatedHost, _ handler: any CallHandler) { self.handlers[host.name] = (host, handler) }

    func leave(_ name: String) { self.handlers[name] = nil }

    /// The process has ended; another of its name may have taken its place.
    func leave(_ host: SimulatedHost) {
        if self.handlers[host.name]?.host === host { self.handlers[host.name] = nil }
    }

    func cut(from: String, to: String) { self.cut.insert(Link(from: from, to: to)) }

    func mend(from: String, to: String) { self.cut.remove(Link(from: from, to: to)) }

    func mend() { self.cut = [] }

    fileprivate func handler(of name: String) -> (host: SimulatedHost, handler: any CallHandler)? {
        self.handlers[name]
    }

    // MARK: Runners

    /// A scheduler's process expects runners from now on.
    func expect(_ runners: [String], at host: SimulatedHost) {
        for runner in runners { self.heard[Link(from: runner, to: host.name)] = (host, self.simulation.time) }
    }

    private func hear(_ runner: String, at host: SimulatedHost) {
        let link = Link(from: runner, to: host.name)
        self.checkSilence(link)
        self.heard[link] = (host, self.simulation.time)
    }

    /// Looks whether any scheduler that lives misses a runner at this moment.
    func checkSilence() { for link in self.heard.keys { self.checkSilence(link) } }

    private func checkSilence(_ link: Link) {
        guard let last = self.heard[link], last.host.isAlive else { return }
        if self.simulation.time - last.time > Self.silence { self.wasSilent = true }
    }

    // MARK: Exchanges

    /// How long a message takes; `nil` where it does not arrive.
    private func delay(from: String, to: String) -> Duration? {
        if self.faults.lossIn > 0, self.simulation.once(in: self.faults.lossIn) { return nil }
        if self.faults.slowIn > 0, self.simulation.once(in: self.faults.slowIn) {
            return self.simulation.draw(1_000...self.faults.slowest)
        }
        return self.simulation.draw(200...3_000)
    }

    /// Asks something of `target`, which answers what `body` returns there.
    ///
    /// `refusal` is thrown where nothing was sent, `loss` where nobody knows whether it arrived.
    func exchange<Answer: Sendable>(
        from: SimulatedHost, to target: SimulatedHost, _ what: String, mayRepeat: Bool, refusal: any Error,
        loss: any Error, _ body: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        let waiting = Waiting(for: Answer.self)
        let serving = Serving()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                waiting.continuation = continuation
                guard !Task.isCancelled else { return waiting.end(.failure(CancellationError())) }
                self.send(from, target, what, waiting, serving, mayRepeat, refusal, loss, body)
            }
        } onCancel: {
            waiting.end(.failure(CancellationError()))
            self.simulation.after(.microseconds(500)) { serving.cancel() }
        }
    }

    private func send<Answer: Sendable>(
        _ from: SimulatedHost, _ target: SimulatedHost, _ what: String, _ waiting: Waiting<Answer>, _ serving: Serving,
        _ mayRepeat: Bool, _ refusal: any Error, _ loss: any Error,
        _ body: @escaping @Sendable () async throws -> Answer
    ) {
        guard !self.isOver else { return waiting.end(.failure(refusal)) }
        guard target.isAlive else {
            return self.simulation.after(.microseconds(300)) { waiting.end(.failure(refusal)) }
        }
        self.watch(from, target, waiting, loss)
        var copies = 1
        if mayRepeat, self.faults.duplicateIn > 0, self.simulation.once(in: self.faults.duplicateIn) { copies = 2 }
        var arriving = copies
        for copy in 1...copies {
            guard let delay = self.delay(from: from.name, to: target.name) else {
                self.simulation.note("lost \(from.name)>\(target.name) \(what)")
                arriving -= 1
                if arriving == 0 { self.simulation.after(.milliseconds(5)) { waiting.end(.failure(loss)) } }
                continue
            }
            self.simulation.after(delay) {
                guard self.passes(from.name, target.name) else { return self.giveUp(waiting, loss) }
                guard target.isAlive else { return waiting.end(.failure(loss)) }
                self.simulation.note("\(from.name)>\(target.name) \(what)\(copy > 1 ? " again" : "")")
                if what.hasPrefix(Self.announcement) { self.hear(from.name, at: target) }
                serving.add(
                    target.spawn {
                        let outcome: Result<Answer, any Error>
                        do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
                        self.answer(outcome, from, target, what, waiting, loss)
                    })
            }
        }
    }

    private func answer<Answer: Sendable>(
        _ outcome: Result<Answer, any Error>, _ from: SimulatedHost, _ target: SimulatedHost, _ what: String,
        _ waiting: Waiting<Answer>, _ loss: any Error
    ) {
        guard !waiting.isOver else { return }
        if case .failure(let error) = outcome {
            self.simulation.note("\(target.name)>\(from.name) \(what) failed: \(error)")
        }
        guard !self.isOver, let delay = self.delay(from: target.name, to: from.name) else {
            self.simulation.note("lost \(target.name)>\(from.name) answer of \(what)")
            return self.simulation.after(.milliseconds(5)) { waiting.end(.failure(loss)) }
        }
        self.simulation.after(delay) {
            guard self.passes(target.name, from.name) else { return self.giveUp(waiting, loss) }
            waiting.end(outcome)
        }
    }

    private func giveUp<Answer: Sendable>(_ waiting: Waiting<Answer>, _ loss: any Error) {
        self.simulation.after(Self.keepalive) { waiting.end(.failure(loss)) }
    }

    private func passes(_ from: String, _ to: String) -> Bool { !self.cut.contains(Link(from: from, to: to)) }

    /// Tells who waits once the other side does not answer any more.
    private func watch<Answer: Sendable>(
        _ from: SimulatedHost, _ target: SimulatedHost, _ waiting: Waiting<Answer>, _ loss: any Error
    ) {
        self.simulation.after(Self.keepalive) {
            guard !waiting.isOver else { return }
            let isWhole =
                target.state == .running && self.passes(from.name, target.name)
                && self.passes(target.name, from.name) && !self.isOver
            if isWhole { self.watch(from, target, waiting, loss) } else { waiting.end(.failure(loss)) }
        }
    }
}

/// What was begun for a call.
// SAFETY: see `Simulation`.
private final class Serving: @unchecked Sendable {
    private var tasks: [Task<Void, Never>] = []
    private var isCancelled = false

    func add(_ task: Task<Void, Never>) {
        self.tasks.append(task)
        if self.isCancelled { task.cancel() }
    }

    func cancel() {
        self.isCancelled = true
        for task in self.tasks { task.cancel() }
    }
}

/// The network as one host reaches it.
struct SimulatedTransport: Transport {
    let host: SimulatedHost
    let network: SimulatedNetwork

    private static let lost: ServiceError = {
        var error = ServiceError(.unavailable, "the connection was lost")
        error.isLost = true
        return error
    }()

    func unary(_ call: WireCall) async throws(ServiceError) -> [UInt8] {
        let (target, handler) = try self.target(of: call)
        return try await ServiceError.wrapping {
            try await self.network.exchange(
                from: self.host, to: target, "\(call.method) \(call.target.name)", mayRepeat: true,
                refusal: ServiceError.unreachable(target.name), loss: Self.lost
            ) { try await handler.handle(call) }
        }
    }

    func stream(_ call: WireCall) async throws(ServiceError) -> WireStream {
        let (target, handler) = try self.target(of: call)
        let source = try await ServiceError.wrapping {
            try await self.network.exchange(
                from: self.host, to: target, "\(call.method) \(call.target.name)", mayRepeat: false,
                refusal: ServiceError.unreachable(target.name), loss: Self.lost
            ) { StreamSource(try await handler.handleStream(call)) }
        }
        return WireStream(unfolding: {
            try await self.network.exchange(
                from: self.host, to: target, "\(call.method) next", mayRepeat: false, refusal: Self.lost,
                loss: Self.lost
            ) { try await ServiceError.wrapping { try await source.next() } }
        })
    }

    private func target(of call: WireCall) throws(ServiceError) -> (SimulatedHost, any CallHandler) {
        guard let target = self.network.handler(of: call.target.member) else {
            throw .unreachable(call.target.member)
        }
        return target
    }
}
