import Glibc

/// A connection as the driver's thread sees it: which run it is at, and what is still to come.
///
/// ```
/// connecting ──▶ ready ──▶ ended
///      └────────────────────▲
/// ```
/// Runs wait in line; one at a time is with the server. Each is a pipeline of its statements and a sync at its end.
final class PostgresSession {
    private enum State {
        case connecting(PostgresHandle.Polling, until: ContinuousClock.Instant)
        case ready
        case ended
    }

    private enum Expectation {
        case preparation(of: String)
        case answer
    }

    /// The run that is with the server.
    private struct Active {
        var run: PostgresRun
        var expected: ArraySlice<Expectation> = []
        var results: [PostgresResult] = []
        var error: PostgresError?
        /// Whether the server has, or will get, all of it: from then on a lost connection leaves its outcome unknown.
        var isFlushed = false
        var isCancelled = false
        var until: ContinuousClock.Instant
    }

    /// How many statements the server keeps compiled for a connection.
    private static let keptLimit = 200
    private static let rollback = PostgresStatement("ROLLBACK")

    private let handle: PostgresHandle
    private let configuration: PostgresConfiguration
    private let link: PostgresLink
    private var opening: PostgresRun?
    private var state: State
    private var waiting: ArraySlice<PostgresRun> = []
    private var active: Active?
    /// The names under which the server keeps compiled statements.
    private var kept: [String: String] = [:]
    private var namesGiven = 0
    /// Requests to cancel that are on their way: nothing new is begun, for it could be hit.
    private var cancellations = 0

    init(
        _ handle: PostgresHandle, _ configuration: PostgresConfiguration, link: PostgresLink, opening: PostgresRun,
        now: ContinuousClock.Instant
    ) {
        self.handle = handle
        self.configuration = configuration
        self.link = link
        self.opening = opening
        self.state = .connecting(.writing, until: now + (handle.connectTimeout ?? configuration.connectTimeout))
    }

    var hasEnded: Bool {
        if case .ended = self.state { return true }
        return false
    }

    // MARK: What the thread waits for

    /// The socket, which changes while several hosts are tried, and what is awaited of it.
    var interest: (descriptor: Int32, events: Int16) {
        let events =
            switch self.state {
            case .connecting(.writing, _): Int16(POLLOUT)
            case .connecting: Int16(POLLIN)
            case .ready: Int16(self.active?.isFlushed == false ? POLLIN | POLLOUT : POLLIN)
            case .ended: Int16(0)
            }
        return (self.handle.descriptor, events)
    }

    /// When something must have happened.
    var until: ContinuousClock.Instant? {
        switch self.state {
        case .connecting(_, let until): until
        case .ready: self.active?.until
        case .ended: nil
        }
    }

    /// Gives up where it took too long.
    func expire(now: ContinuousClock.Instant) {
        guard let until = self.until, until <= now else { return }
        switch self.state {
        case .connecting:
            let host = self.handle.message.isEmpty ? "" : ": \(self.handle.message)"
            self.end(PostgresError(.unreachable, "it took too long to connect\(host)"))
        case .ready: self.lose("the server did not answer in time")
        case .ended: break
        }
    }

    // MARK: Events

    /// The socket is ready for something.
    func advance(isReadable: Bool, now: ContinuousClock.Instant) {
        switch self.state {
        case .connecting: self.connect()
        case .ready:
            guard !isReadable || self.handle.consume() else { return self.lose(self.handle.message) }
            self.receive(now: now)
            self.flush()
            self.startNext(now: now)
        case .ended: break
        }
    }

    func enqueue(_ run: PostgresRun, now: ContinuousClock.Instant) {
        if case .ended = self.state { return run.finish(.failure(Self.gone)) }
        self.waiting.append(run)
        self.startNext(now: now)
    }

    static let gone = PostgresError(.connectionLost, "the connection to PostgreSQL has ended")

    /// Nobody waits for the run any more.
    ///
    /// - Returns: What asks the server to end it, to be sent from another thread and reported by `cancellationSent`.
    func cancel(_ run: PostgresRun) -> PostgresCancellation? {
        if let index = self.waiting.firstIndex(where: { $0 === run }) {
            self.waiting.remove(at: index)
            run.finish(.failure(PostgresError(.cancelled, "nobody waits for the answer any more")))
            return nil
        }
        guard self.active?.run === run, let cancellation = self.handle.cancellation() else { return nil }
        self.active?.isCancelled = true
        self.cancellations += 1
        return cancellation
    }

    func cancellationSent(now: ContinuousClock.Instant) {
        self.cancellations -= 1
        self.startNext(now: now)
    }

    /// Ends the connection for its owner.
    func close() { self.end(PostgresError(.closed, "the connection to PostgreSQL was closed")) }

    // MARK: Connecting

    private func connect() {
        guard case .connecting(_, let until) = self.state else { return }
        switch self.handle.poll() {
        case .failed: self.end(PostgresError(.unreachable, self.handle.message))
        case .connected:
            let version = self.handle.serverVersion / 10_000
            guard version >= self.configuration.minimumVersion else {
                let text =
                    "the server is PostgreSQL \(version): at least \(self.configuration.minimumVersion) is needed"
                return self.end(PostgresError(.unsupportedVersion, text))
            }
            guard self.handle.enterPipeline() else {
                return self.end(PostgresError(.unreachable, self.handle.message))
            }
            self.state = .ready
            self.link.opened(serverVersion: self.handle.serverVersion, processID: self.handle.processID)
            self.opening?.finish(.success([]))
            self.opening = nil
        case let polling: self.state = .connecting(polling, until: until)
        }
    }

    // MARK: Sending

    private func startNext(now: ContinuousClock.Instant) {
        guard case .ready = self.state, self.active == nil, self.cancellations == 0, let run = self.waiting.popFirst()
        else { return }
        self.active = Active(run: run, until: now + self.patience)
        guard self.send(run.statements) else { return self.lose(self.handle.message) }
        self.flush()
    }

    private var patience: Duration { self.configuration.statementTimeout + self.configuration.answerGrace }

    /// Hands statements to libpq, which keeps what the socket does not take.
    private func send(_ statements: [PostgresStatement]) -> Bool {
        var expected: [Expectation] = []
        for statement in statements {
            var name: String?
            if statement.isKept {
                name = self.kept[statement.sql]
                if name == nil, self.kept.count < Self.keptLimit {
                    self.namesGiven += 1
                    let new = "s\(self.namesGiven)"
                    guard self.handle.prepare(new, statement) else { return false }
                    expected.append(.preparation(of: statement.sql))
                    self.kept[statement.sql] = new
                    name = new
                }
            }
            guard self.handle.send(statement, prepared: name) else { return false }
            expected.append(.answer)
        }
        self.active?.expected = expected[...]
        return self.handle.sync()
    }

    private func flush() {
        guard self.active?.isFlushed == false else { return }
        switch self.handle.flush() {
        case .done: self.active?.isFlushed = true
        case .waiting: break
        case .failed: self.lose(self.handle.message)
        }
    }

    // MARK: Receiving

    private func receive(now: ContinuousClock.Instant) {
        while let notification = self.handle.notification() { self.link.deliver(notification) }
        while self.active != nil, !self.handle.isBroken, let answer = self.handle.answer() {
            self.active?.until = now + self.patience
            self.take(answer, now: now)
        }
        if self.handle.isBroken { self.lose(self.handle.message) }
    }

    private func take(_ answer: PostgresHandle.Answer, now: ContinuousClock.Instant) {
        switch answer {
        case .result(let result):
            if case .answer = self.active?.expected.first { self.active?.results.append(result) }
        case .refused(let error):
            if self.active?.error == nil { self.active?.error = error }
            self.forgetPreparation()
        case .skipped: self.forgetPreparation()
        case .end:
            // An error that comes with the commit, after the last answer, has an end of its own.
            _ = self.active?.expected.popFirst()
        case .sync: self.complete()
        }
    }

    /// What was to be compiled was not.
    private func forgetPreparation() {
        if case .preparation(let sql) = self.active?.expected.first { self.kept[sql] = nil }
    }

    private func complete() {
        guard let active = self.active else { return }
        self.active = nil
        guard var error = active.error else { return active.run.finish(.success(active.results)) }
        if error.code == .timeout, active.isCancelled { error.code = .cancelled }
        // Whoever comes next finds no broken transaction.
        if self.handle.isInTransaction {
            self.waiting.insert(PostgresRun([Self.rollback]), at: self.waiting.startIndex)
        }
        active.run.finish(.failure(error))
    }

    // MARK: Ending

    /// The connection is gone: what was with the server has an unknown outcome.
    private func lose(_ reason: String) {
        let text = self.active?.error?.message ?? reason
        var error = PostgresError(.connectionLost, text.isEmpty ? Self.gone.message : text)
        error.state = self.active?.error?.state
        self.end(error)
    }

    private func end(_ error: PostgresError) {
        self.state = .ended
        // First of all: whoever is told of the end finds it there.
        self.link.end()
        self.opening?.finish(.failure(error))
        self.opening = nil
        if let active = self.active {
            var outcome = error
            if active.isFlushed { outcome.code = .outcomeUnknown }
            active.run.finish(.failure(outcome))
            self.active = nil
        }
        for run in self.waiting { run.finish(.failure(error)) }
        self.waiting = []
    }
}
