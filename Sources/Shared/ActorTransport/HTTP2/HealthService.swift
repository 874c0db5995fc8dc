import HTTP2
import Synchronization

/// The health service of gRPC, `grpc.health.v1.Health`: `Check` and `Watch`, for the server as a whole.
///
/// Its messages are small enough to be written by hand: a request holds the name of a service, an answer a number.
package final class HealthService: Sendable {
    package enum Status: UInt8, Sendable {
        case serving = 1
        case notServing = 2
        case serviceUnknown = 3
    }

    private struct State {
        var status: Status
        var watchers: [Int: AsyncThrowingStream<[UInt8], any Error>.Continuation] = [:]
        var nextWatcher = 0
    }

    static let path = "/grpc.health.v1.Health/"
    private static let statusField: UInt8 = 1 << 3
    private static let serviceField: UInt8 = 1 << 3 | 2
    /// Watchers at once, over all connections.
    private static let mostWatchers = 1000

    private let state: Mutex<State>

    package init(_ status: Status = .serving) { self.state = Mutex(State(status: status)) }

    /// Tells watchers, and who asks from now on.
    package func set(_ status: Status) {
        self.state.withLock { state in
            guard state.status != status else { return }
            state.status = status
            for watcher in state.watchers.values { watcher.yield(HealthService.message(status)) }
        }
    }

    func answer(_ request: GRPCRequest) throws(ServiceError) -> GRPCAnswer {
        let isWhole = try HealthService.isForWholeServer(request.message)
        switch request.path.dropFirst(HealthService.path.count) {
        case "Check":
            guard isWhole else {
                throw ServiceError(.notFound, "only the server as a whole has a health: name no service")
            }
            return .message(HealthService.message(self.state.withLock { $0.status }))
        case "Watch": return .messages(try self.watch(isWhole))
        default: throw ServiceError(.unimplemented, "unknown method \(request.path)")
        }
    }

    private func watch(_ isWhole: Bool) throws(ServiceError) -> AsyncThrowingStream<[UInt8], any Error> {
        let (stream, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream(
            bufferingPolicy: .bufferingNewest(1))
        guard isWhole else {
            continuation.yield(HealthService.message(.serviceUnknown))
            return stream
        }
        let number = self.state.withLock { state -> Int? in
            guard state.watchers.count < HealthService.mostWatchers else { return nil }
            state.nextWatcher += 1
            state.watchers[state.nextWatcher] = continuation
            continuation.yield(HealthService.message(state.status))
            return state.nextWatcher
        }
        guard let number else {
            throw ServiceError(.resourceExhausted, "\(HealthService.mostWatchers) watch the health already")
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.watchers.removeValue(forKey: number) }
        }
        return stream
    }

    private static func message(_ status: Status) -> [UInt8] { [self.statusField, status.rawValue] }

    /// Whether a request names no service.
    private static func isForWholeServer(_ message: [UInt8]) throws(ServiceError) -> Bool {
        guard let field = message.first else { return true }
        guard field == self.serviceField, message.count >= 2 else {
            throw ServiceError(.invalidArgument, "the message is no HealthCheckRequest")
        }
        return message[1] == 0
    }
}
