import ActorTransport
import ServiceLifecycle

/// How a stream came to its end.
enum StreamEnding: Sendable {
    case finished
    case failed(ServiceError)
    case timeLimit
    case shutdown
    /// The client has gone.
    case cancelled

    /// Runs a stream until it ends by itself, its time is over, the client leaves or the server shuts down.
    init(of stream: ResponseStream, to writer: any ResponseWriter) async {
        self = await withTaskGroup(of: StreamEnding?.self) { group in
            group.addTask { await Self.run(stream, writer) }
            group.addTask { await Self.waitForShutdown() }
            if let limit = stream.timeLimit { group.addTask { await Self.wait(limit) } }
            var ending: StreamEnding?
            // A watcher that was merely cancelled decides nothing.
            while ending == nil, let next = await group.next() { ending = next }
            group.cancelAll()
            return ending ?? .cancelled
        }
    }

    /// Whether the client has all there was.
    var isWhole: Bool {
        switch self {
        case .finished, .timeLimit: true
        case .failed, .shutdown, .cancelled: false
        }
    }

    func lastFrame(_ framing: StreamFraming) -> [UInt8]? {
        switch self {
        case .finished, .timeLimit, .cancelled: nil
        case .failed(let error): framing.frame(error)
        case .shutdown: framing.frame(ServiceError(.unavailable, "the server is shutting down"))
        }
    }

    private static func run(_ stream: ResponseStream, _ writer: any ResponseWriter) async -> StreamEnding {
        do {
            try await stream.run(writer)
            return Task.isCancelled ? .cancelled : .finished
        } catch let error as ServiceError {
            return .failed(error)
        } catch is CancellationError {
            return .cancelled
        } catch {
            return .failed(ServiceError(.internal, "\(error)"))
        }
    }

    private static func waitForShutdown() async -> StreamEnding? {
        do {
            try await gracefulShutdown()
            return .shutdown
        } catch {
            return nil
        }
    }

    private static func wait(_ limit: Duration) async -> StreamEnding? {
        do {
            try await Task.sleep(for: limit)
            return .timeLimit
        } catch {
            return nil
        }
    }
}
