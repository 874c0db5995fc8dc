import Synchronization

/// What a connection's owner sees of it while the driver's thread works on it.
final class PostgresLink: Sendable {
    private struct State {
        var serverVersion = 0
        var processID: Int32 = 0
        var hasEnded = false
    }

    /// How many messages wait for whoever listens.
    ///
    /// The oldest go first: a message says that there is something to look at, and so do those after it.
    private static let notificationLimit = 1_000

    let notifications: AsyncStream<PostgresNotification>
    private let sink: AsyncStream<PostgresNotification>.Continuation
    private let state = Mutex(State())

    init() {
        (self.notifications, self.sink) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingNewest(Self.notificationLimit))
    }

    var serverVersion: Int { self.state.withLock { $0.serverVersion } }
    var processID: Int32 { self.state.withLock { $0.processID } }
    var hasEnded: Bool { self.state.withLock { $0.hasEnded } }

    func opened(serverVersion: Int, processID: Int32) {
        self.state.withLock { state in
            state.serverVersion = serverVersion
            state.processID = processID
        }
    }

    func deliver(_ notification: PostgresNotification) { self.sink.yield(notification) }

    func end() {
        self.state.withLock { $0.hasEnded = true }
        self.sink.finish()
    }
}
