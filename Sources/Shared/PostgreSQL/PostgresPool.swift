import Synchronization

/// A few connections that are lent one task at a time, and made anew when they are lost.
package actor PostgresPool {
    /// How many tasks wait for a connection.
    private static let waiterLimit = 10_000

    private let driver: PostgresDriver
    private let configuration: PostgresConfiguration
    private let size: Int
    private var idle: [PostgresConnection] = []
    /// Lent, idle, or being made.
    private var count = 0
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private var backoff = PostgresBackoff()
    /// Nothing is tried before.
    private var pausedUntil: ContinuousClock.Instant?
    private var isClosed = false

    package init(driver: PostgresDriver, configuration: PostgresConfiguration, size: Int) {
        self.driver = driver
        self.configuration = configuration
        self.size = size
    }

    /// Lends a connection to `body`, again and again on new ones for as long as it fails for the connection's sake.
    ///
    /// - Parameter patience: when it is given up: then the last failure is thrown.
    package func with<Value: Sendable>(
        patience: Duration, _ body: @Sendable (PostgresConnection) async throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        let deadline = ContinuousClock.now + patience
        while true {
            do throws(PostgresError) {
                let connection = try await self.lease()
                do throws(PostgresError) {
                    let value = try await body(connection)
                    self.giveBack(connection)
                    return value
                } catch {
                    if error.isConnectionFailure || Self.isReadOnly(error) { connection.close() }
                    self.giveBack(connection, isUsable: !error.isConnectionFailure && !Self.isReadOnly(error))
                    throw error
                }
            } catch {
                guard error.isConnectionFailure, await self.pause(until: deadline) else { throw error }
            }
        }
    }

    /// A server that only reads by now is no longer the right one: the next connection may find the one that writes.
    private static func isReadOnly(_ error: PostgresError) -> Bool { error.state == "25006" }

    package func close() {
        self.isClosed = true
        for connection in self.idle { connection.close() }
        self.count -= self.idle.count
        self.idle = []
        self.wakeAll()
    }

    // MARK: Lending

    private func lease() async throws(PostgresError) -> PostgresConnection {
        while true {
            if self.isClosed { throw PostgresError(.closed, "the connections to PostgreSQL were closed") }
            if let connection = self.idle.popLast() {
                guard connection.hasEnded else { return connection }
                self.count -= 1
            } else if self.count < self.size {
                return try await self.make()
            } else {
                guard self.waiters.count < Self.waiterLimit else {
                    throw PostgresError(.timeout, "\(Self.waiterLimit) requests wait for a connection to PostgreSQL")
                }
                await withCheckedContinuation { self.waiters.append($0) }
            }
        }
    }

    private func make() async throws(PostgresError) -> PostgresConnection {
        self.count += 1
        do throws(PostgresError) {
            let connection = try await self.driver.connect(self.configuration)
            self.backoff = PostgresBackoff()
            self.pausedUntil = nil
            return connection
        } catch {
            self.count -= 1
            self.pausedUntil = .now + self.backoff.next()
            self.wakeAll()
            throw error
        }
    }

    private func giveBack(_ connection: PostgresConnection, isUsable: Bool = true) {
        if isUsable, !self.isClosed {
            self.idle.append(connection)
        } else {
            connection.close()
            self.count -= 1
        }
        if !self.waiters.isEmpty { self.waiters.removeFirst().resume() }
    }

    private func wakeAll() {
        for waiter in self.waiters { waiter.resume() }
        self.waiters = []
    }

    /// Waits until the next try is due; `false` where that would be too late.
    private func pause(until deadline: ContinuousClock.Instant) async -> Bool {
        let next = max(self.pausedUntil ?? .now, .now + PostgresBackoff.base)
        guard next < deadline else { return false }
        do {
            try await Task.sleep(until: next, clock: .continuous)
            return true
        } catch {
            return false
        }
    }
}

/// How long to wait before the next try: twice as long each time, and not in step with others.
package struct PostgresBackoff {
    static let base = Duration.milliseconds(25)
    private static let longest = Duration.seconds(2)

    private var pause = Self.base

    package init() {}

    package mutating func next() -> Duration {
        defer { self.pause = min(self.pause * 2, Self.longest) }
        return self.pause * Double.random(in: 0.5...1)
    }
}
