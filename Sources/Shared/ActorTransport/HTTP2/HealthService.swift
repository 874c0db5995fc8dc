import HTTP2
import Synchronization

/// The health service of gRPC, `grpc.health.v1.Health`: `Check` and `Watch`, for the server as a whole.
package final class HealthService: Sendable {
    package enum Status: Int, Sendable {
        case serving = 1
        case notServing = 2
        case serviceUnknown = 3
    }

    private struct State {
        var status: Status
        var watchers: [Int: AsyncThrowingStream<Status, any Error>.Continuation] = [:]
        var nextWatcher = 0
    }

    static let path = "/grpc.health.v1.Health/"
    /// Watchers at once, over all connections.
    private static let mostWatchers = 1000

    private let state: Mutex<State>

    package init(_ status: Status = .serving) { self.state = Mutex(State(status: status)) }

    package var status: Status { self.state.withLock { $0.status } }

    /// Tells watchers, and who asks from now on.
    package func set(_ status: Status) {
        self.state.withLock { state in
            guard state.status != status else { return }
            state.status = status
            for watcher in state.watchers.values { watcher.yield(status) }
        }
    }

    func answer(_ request: GRPCRequest) throws(ServiceError) -> GRPCAnswer {
        let isWhole = try HealthCheckRequest(encoded: request.message).service.isEmpty
        switch request.path.dropFirst(HealthService.path.count) {
        case "Check":
            guard isWhole else {
                throw ServiceError(.notFound, "only the server as a whole has a health: name no service")
            }
            return .message(try HealthCheckResponse(self.state.withLock { $0.status }).encoded())
        case "Watch": return .messages(try self.watch(isWhole).mapLazily { try HealthCheckResponse($0).encoded() })
        default: throw ServiceError(.unimplemented, "unknown method \(request.path)")
        }
    }

    private func watch(_ isWhole: Bool) throws(ServiceError) -> AsyncThrowingStream<Status, any Error> {
        let (stream, continuation) = AsyncThrowingStream<Status, any Error>.makeStream(
            bufferingPolicy: .bufferingNewest(1))
        guard isWhole else {
            continuation.yield(.serviceUnknown)
            return stream
        }
        let number = self.state.withLock { state -> Int? in
            guard state.watchers.count < HealthService.mostWatchers else { return nil }
            state.nextWatcher += 1
            state.watchers[state.nextWatcher] = continuation
            continuation.yield(state.status)
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
}

private struct HealthCheckRequest: ProtoMessage {
    static let schema = MessageSchema("grpc.health.v1.HealthCheckRequest")

    /// Empty: the server as a whole.
    var service = ""

    mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("service", &self.service)
    }
}

private struct HealthCheckResponse: ProtoMessage {
    static let schema = MessageSchema("grpc.health.v1.HealthCheckResponse")

    private var status = 0

    init() {}

    init(_ status: HealthService.Status) { self.status = status.rawValue }

    mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("status", &self.status)
    }
}
