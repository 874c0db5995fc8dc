import HTTP2
import NIOCore
import Synchronization

/// The connection to one other member, made when first called and again when it was lost.
///
///     idle ──call──▶ connecting ──settings──▶ connected ──lost, leaving──▶ idle
///                        └──failure──▶ pausing ──a call after the pause──▶ connecting
final class Peer: Sendable {
    private enum State {
        case idle
        case connecting(MemberAddress, EventLoopFuture<GRPCConnection>)
        case connected(MemberAddress, GRPCConnection)
        case pausing(MemberAddress, until: ContinuousClock.Instant, cause: String)
    }

    private enum Step {
        case use(GRPCConnection)
        case wait(EventLoopFuture<GRPCConnection>)
        case connect(EventLoopFuture<GRPCConnection>, leaving: GRPCConnection?)
        case refuse(ServiceError)
    }

    private struct Records {
        var state = State.idle
        var backoff = ReconnectBackoff()
    }

    private let member: String
    private let dial: @Sendable (MemberAddress) -> EventLoopFuture<GRPCConnection>
    private let records = Mutex(Records())

    init(_ member: String, dial: @escaping @Sendable (MemberAddress) -> EventLoopFuture<GRPCConnection>) {
        self.member = member
        self.dial = dial
    }

    /// The connection to use for a call now.
    func connection(
        at address: MemberAddress, deadline: ContinuousClock.Instant?
    ) async throws(ServiceError) -> GRPCConnection {
        switch self.next(address) {
        case .use(let connection): return connection
        case .refuse(let error): throw error
        case .wait(let future): return try await self.wait(for: future, deadline)
        case .connect(let future, let leaving):
            leaving?.drain()
            future.whenComplete { self.connected($0, at: address) }
            return try await self.wait(for: future, deadline)
        }
    }

    private func next(_ address: MemberAddress) -> Step {
        self.records.withLock { records in
            switch records.state {
            case .connected(address, let connection) where connection.isUsable: return .use(connection)
            case .connecting(address, let future): return .wait(future)
            case .pausing(address, let until, let cause) where until > .now:
                return .refuse(.unreachable(self.member, "\(cause); the next attempt is in \(until - .now)"))
            case .connected(let former, let connection):
                let future = self.dial(address)
                records.state = .connecting(address, future)
                return .connect(future, leaving: former == address ? nil : connection)
            case .idle, .connecting, .pausing:
                let future = self.dial(address)
                records.state = .connecting(address, future)
                return .connect(future, leaving: nil)
            }
        }
    }

    private func connected(_ result: Result<GRPCConnection, any Error>, at address: MemberAddress) {
        let superfluous = self.records.withLock { records -> GRPCConnection? in
            // The member may have moved, or this one be done with it, meanwhile.
            guard case .connecting(address, _) = records.state else {
                if case .success(let connection) = result { return connection }
                return nil
            }
            switch result {
            case .success(let connection):
                records.backoff = ReconnectBackoff()
                records.state = .connected(address, connection)
            case .failure(let error):
                var random = SystemRandomNumberGenerator()
                let pause = records.backoff.failed(using: &random)
                records.state = .pausing(address, until: .now + pause, cause: "\(error)")
            }
            return nil
        }
        superfluous?.drain()
    }

    private func wait(
        for future: EventLoopFuture<GRPCConnection>, _ deadline: ContinuousClock.Instant?
    ) async throws(ServiceError) -> GRPCConnection {
        do {
            return try await withDeadline(deadline) { try await Peer.value(of: future) }
        } catch let error as HTTP2Error {
            throw ServiceError.unreachable(self.member, "\(error)")
        } catch {
            throw ServiceError(wrapping: error)
        }
    }

    /// The future's value, or an error as soon as the task is cancelled.
    private static func value(of future: EventLoopFuture<GRPCConnection>) async throws -> GRPCConnection {
        let (stream, continuation) = AsyncThrowingStream<GRPCConnection, any Error>.makeStream()
        future.whenComplete { result in
            continuation.yield(with: result)
            continuation.finish()
        }
        for try await connection in stream { return connection }
        throw CancellationError()
    }

    /// Ends the connection once its calls have ended.
    func drain() {
        let state = self.records.withLock { records in
            defer { records.state = .idle }
            return records.state
        }
        if case .connected(_, let connection) = state { connection.drain() }
    }
}
