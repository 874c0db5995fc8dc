import CPostgres
import Dispatch
import Glibc
import Synchronization

/// The thread that drives any number of connections: it waits for their sockets, and for commands.
///
/// Other threads put commands into its queue and wake it; libpq is called on this thread alone. It runs as long as
/// there are connections.
package final class PostgresDriver: Sendable {
    enum Command: Sendable {
        case open(Int, PostgresHandle, PostgresConfiguration, PostgresLink, PostgresRun)
        case run(Int, PostgresRun)
        case cancel(Int, PostgresRun)
        case cancellationSent(Int)
        case close(Int)
    }

    private struct Queue {
        var commands: [Command] = []
        var nextConnection = 0
        var isRunning = false
    }

    private let queue = Mutex(Queue())
    private let bell: Int32
    /// Where libpq waits for something other than its sockets: for names, and for requests to cancel to be taken.
    private static let waiting = DispatchQueue(label: "apus.postgres.waiting", attributes: .concurrent)

    package init() {
        self.bell = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        precondition(self.bell >= 0, "no descriptor is left")
    }

    deinit { Glibc.close(self.bell) }

    /// Connects.
    ///
    /// - Throws: `PostgresError`, `unreachable` for all that may be otherwise a moment later.
    package func connect(_ configuration: PostgresConfiguration) async throws(PostgresError) -> PostgresConnection {
        let begun: Result<PostgresHandle, PostgresError> = await withCheckedContinuation { continuation in
            Self.waiting.async {
                continuation.resume(
                    returning: Result { () throws(PostgresError) in try PostgresHandle(configuration) })
            }
        }
        let handle = try begun.get()
        let number = self.queue.withLock { queue in
            queue.nextConnection += 1
            return queue.nextConnection
        }
        let link = PostgresLink()
        let opening = PostgresRun([])
        self.enqueue(.open(number, handle, configuration, link, opening))
        let connection = PostgresConnection(number: number, driver: self, link: link)
        let opened = await withTaskCancellationHandler {
            await opening.outcome()
        } onCancel: {
            self.enqueue(.close(number))
        }
        _ = try opened.get()
        _ = try await connection.run([Self.limits(configuration)] + configuration.preparation)
        return connection
    }

    /// How long the server works on a statement, and how soon it notices that we are gone without a word.
    private static func limits(_ configuration: PostgresConfiguration) -> PostgresStatement {
        PostgresStatement(
            """
            SELECT set_config('statement_timeout', $1, false), set_config('tcp_user_timeout', $2, false),
                set_config('tcp_keepalives_idle', $3, false), set_config('tcp_keepalives_interval', '1', false)
            """,
            [
                .text("\(Int(configuration.statementTimeout / .milliseconds(1)))"),
                .text("\(Int(configuration.silenceLimit / .milliseconds(1)))"),
                .text("\(Int(configuration.keepaliveInterval / .seconds(1)))"),
            ])
    }

    func enqueue(_ command: Command) {
        self.queue.withLock { queue in
            queue.commands.append(command)
            guard !queue.isRunning else { return self.ring() }
            queue.isRunning = true
            self.startThread()
        }
    }

    private func ring() {
        var one: UInt64 = 1
        _ = write(self.bell, &one, 8)
    }

    private func startThread() {
        // SAFETY: the thread takes over this reference, and gives it up when it ends.
        let context = Unmanaged.passRetained(self).toOpaque()
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<PostgresDriver>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context)
        precondition(code == 0, "no thread can be started: error \(code)")
        pthread_detach(thread)
    }

    // MARK: - On the thread

    private func run() {
        var sessions: [Int: PostgresSession] = [:]
        while true {
            let commands: [Command]? = self.queue.withLock { queue in
                if sessions.isEmpty, queue.commands.isEmpty {
                    queue.isRunning = false
                    return nil
                }
                defer { queue.commands = [] }
                return queue.commands
            }
            guard let commands else { return }
            for command in commands { self.perform(command, &sessions) }
            sessions = sessions.filter { !$0.value.hasEnded }
            guard !sessions.isEmpty else { continue }
            self.wait(for: sessions.map(\.value))
            sessions = sessions.filter { !$0.value.hasEnded }
        }
    }

    private func perform(_ command: Command, _ sessions: inout [Int: PostgresSession]) {
        let now = ContinuousClock.now
        switch command {
        case .open(let number, let handle, let configuration, let link, let opening):
            sessions[number] = PostgresSession(handle, configuration, link: link, opening: opening, now: now)
        case .run(let number, let run):
            guard let session = sessions[number] else { return run.finish(.failure(PostgresSession.gone)) }
            session.enqueue(run, now: now)
        case .cancel(let number, let run):
            guard let cancellation = sessions[number]?.cancel(run) else { return }
            Self.waiting.async {
                cancellation.send()
                self.enqueue(.cancellationSent(number))
            }
        case .cancellationSent(let number): sessions[number]?.cancellationSent(now: now)
        case .close(let number): sessions.removeValue(forKey: number)?.close()
        }
    }

    /// Waits until a socket is ready, a command has come, or something has taken too long.
    private func wait(for sessions: [PostgresSession]) {
        var polled = [pollfd(fd: self.bell, events: Int16(POLLIN), revents: 0)]
        for session in sessions {
            let interest = session.interest
            polled.append(pollfd(fd: interest.descriptor, events: interest.events, revents: 0))
        }
        let until = sessions.compactMap(\.until).min()
        let rest = until.map { max(.zero, $0 - .now) }
        // One more, so that the moment has passed when it wakes.
        let milliseconds = rest.map { Int32(min($0 / .milliseconds(1), 60_000)) + 1 } ?? -1
        poll(&polled, nfds_t(polled.count), milliseconds)
        if polled[0].revents != 0 {
            var count: UInt64 = 0
            _ = read(self.bell, &count, 8)
        }
        let now = ContinuousClock.now
        for (session, entry) in zip(sessions, polled.dropFirst()) {
            if entry.revents != 0 {
                session.advance(isReadable: entry.revents & ~Int16(POLLOUT) != 0, now: now)
            }
            session.expire(now: now)
        }
    }
}
