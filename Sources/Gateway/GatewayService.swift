package import ActorTransport
package import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import Synchronization
import TLS
package import Telemetry

/// The public API on a port: accepts connections and has their requests answered.
///
/// `bind()` opens the port and reports why it cannot; `run()` serves until graceful shutdown, which stops accepting,
/// lets running requests finish, ends streams with a last frame, and after a grace period cuts off the rest.
package final class GatewayService: Service {
    private typealias Listener = NIOAsyncChannel<Connection, Never>

    private struct State {
        var listener: Listener?
        var port: Int?
        var isShuttingDown = false
        var connections = 0
    }

    private let configuration: GatewayConfiguration
    private let application: any HTTPApplication
    private let logger: Logger
    private let state: StateBox

    /// Shared with the application, which is made before the service is.
    private final class StateBox: Sendable {
        let state = Mutex(State())
    }

    /// - Parameter obstacle: why the cluster cannot do what it is asked, for whoever asks whether it is ready; `nil`
    ///   where it can.
    package convenience init(
        configuration: GatewayConfiguration, cluster: any WorkflowCluster,
        obstacle: @escaping @Sendable () -> String? = { nil },
        metrics: MetricRegistry = MetricRegistry(GatewayMetrics.definitions), logger: Logger
    ) {
        let guards = RequestGuard(
            onlyLocalNames: configuration.isLoopback && !configuration.hasAuthentication,
            allowedHosts: configuration.allowedHosts)
        self.init(configuration: configuration, logger: logger) { closing in
            GatewayApplication(
                cluster: cluster, guards: guards, metrics: metrics, obstacle: { closing() ?? obstacle() },
                admit: configuration.admit, logger: logger)
        }
    }

    /// - Parameter application: made of a closure that says why the port answers nobody, or will not soon.
    package init(
        configuration: GatewayConfiguration, logger: Logger,
        application: (@escaping @Sendable () -> String?) -> any HTTPApplication
    ) {
        let box = StateBox()
        self.state = box
        self.configuration = configuration
        self.logger = logger
        self.application = application {
            let isServing = box.state.withLock { $0.port != nil && !$0.isShuttingDown }
            return isServing ? nil : "shutting down"
        }
    }

    /// The port that is open; `nil` before `bind()`.
    package var boundPort: Int? { self.state.state.withLock { $0.port } }

    /// Opens the port.
    ///
    /// `run()` does so too where nobody has: call it to learn of failure before other services start.
    ///
    /// - Returns: the port.
    /// - Throws: `GatewayError`: the port is in use, the address is not ours or is not safe to listen on.
    @discardableResult
    package func bind() async throws(GatewayError) -> Int {
        if let port = self.boundPort { return port }
        try self.checkSafety()
        let listener: Listener
        do {
            listener = try await self.listen()
        } catch {
            throw self.explained(error)
        }
        let port = listener.channel.localAddress?.port ?? self.configuration.port
        self.state.state.withLock {
            $0.listener = listener
            $0.port = port
        }
        self.logger.info(
            "gateway listens", metadata: ["address": "\(self.configuration.host)", "port": "\(port)"])
        return port
    }

    package func run() async throws {
        try await self.bind()
        let taken = self.state.state.withLock { state in
            defer { state.listener = nil }
            return state.listener
        }
        guard let listener = taken else {
            throw GatewayError(.alreadyRunning, "the gateway is already running, or has run")
        }
        // The first to end decides: everything was served, or the grace period is over.
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await self.serve(listener)
                return true
            }
            group.addTask {
                await self.waitForGraceToEnd()
                return true
            }
            if let tls = self.configuration.tls {
                group.addTask {
                    await tls.watch { self.note($0) }
                    return false
                }
            }
            while let hasEnded = await group.next(), !hasEnded {}
            group.cancelAll()
        }
        self.logger.info("gateway stopped")
    }

    /// Reads the certificate's files again, as it happens by itself some time after they change.
    package func reloadCertificate() {
        if let outcome = self.configuration.tls?.reload() { self.note(outcome) }
    }

    private func note(_ outcome: TLSContextHolder.Outcome) {
        switch outcome {
        case .unchanged: break
        case .reloaded(let notAfter):
            self.logger.info(
                "certificate loaded", metadata: ["validUntil": "\(notAfter.map { "\($0)" } ?? "unknown")"])
        case .ending(let notAfter):
            self.logger.warning(
                "certificate ends soon: put a new one in its place", metadata: ["validUntil": "\(notAfter)"])
        case .refused(let error):
            self.logger.error(
                "certificate not loaded, the last one stays in use", metadata: ["error": "\(error)"])
        }
    }

    private func checkSafety() throws(GatewayError) {
        let configuration = self.configuration
        let dangers =
            (configuration.tls == nil ? ["in plain text"] : [])
            + (configuration.hasAuthentication ? [] : ["without authentication"])
        guard configuration.isLoopback || dangers.isEmpty || configuration.allowInsecure else {
            throw GatewayError(
                .insecureAddress,
                "refusing to listen on \(configuration.host) \(dangers.joined(separator: " and ")): whoever can "
                    + "connect can run commands here; use 127.0.0.1, or name the danger with --allow-insecure")
        }
    }

    private func explained(_ error: any Error) -> GatewayError {
        let address = "\(self.configuration.host):\(self.configuration.port)"
        guard let error = error as? IOError else {
            return GatewayError(.cannotBind, "cannot listen on \(address): \(error)", cause: error)
        }
        switch error.errnoCode {
        case EADDRINUSE:
            return GatewayError(
                .addressInUse,
                "cannot listen on \(address): the port is in use; stop the other server or choose another port",
                cause: error)
        case EACCES:
            return GatewayError(
                .cannotBind, "cannot listen on \(address): ports below 1024 need privileges", cause: error)
        default: return GatewayError(.cannotBind, "cannot listen on \(address): \(error)", cause: error)
        }
    }
}

// MARK: Connections

extension GatewayService {
    private func listen() async throws -> Listener {
        let configuration = self.configuration
        return try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .bind(host: self.configuration.host, port: self.configuration.port) { channel in
                channel.eventLoop.makeCompletedFuture { try Self.connection(on: channel, configuration) }
            }
    }

    /// Connections that the kernel keeps until we get to them.
    private static let backlog: Int32 = 512

    private static func connection(
        on channel: any Channel, _ configuration: GatewayConfiguration
    ) throws -> Connection {
        let limits = configuration.limits
        let (requests, continuation) = AsyncStream<ReceivedRequest>.makeStream(
            bufferingPolicy: .bufferingOldest(GatewayLimits.requestsInFlightPerConnection))
        var encoding = HTTPResponseEncoder.Configuration()
        encoding.automaticallySetFramingHeaders = false
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = limits.headBytes
        decoding.maxHeaderListSize = limits.headBytes
        let budget = HeadBudget()
        let handler = ExchangeHandler(limits: limits, budget: budget, requests: continuation)
        let pipeline = channel.pipeline.syncOperations
        if let tls = configuration.tls {
            try pipeline.addHandler(
                try TLSHandler(
                    tls.context, limits: configuration.tlsLimits, answerToPlainHTTP: PlainHTTPAnswer.bytes))
        }
        try pipeline.addHandlers([
            budget, HTTPResponseEncoder(configuration: encoding),
            ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: decoding)), handler,
        ])
        return Connection(channel: channel, requests: requests, handler: handler)
    }

    private func serve(_ listener: Listener) async {
        do {
            try await withThrowingDiscardingTaskGroup { group in
                try await listener.executeThenClose { connections in
                    for try await connection in connections.cancelOnGracefulShutdown() {
                        guard self.admit() else {
                            connection.refuse(
                                ServiceError(
                                    .unavailable,
                                    "too many connections: at most \(self.configuration.limits.connections)"))
                            continue
                        }
                        group.addTask {
                            await self.serve(connection)
                            self.dismiss()
                        }
                    }
                }
                self.state.state.withLock { $0.isShuttingDown = true }
            }
        } catch {
            self.logger.error("gateway stopped listening", metadata: ["error": "\(error)"])
        }
    }

    private func admit() -> Bool {
        self.state.state.withLock { state in
            guard state.connections < self.configuration.limits.connections else { return false }
            state.connections += 1
            return true
        }
    }

    private func dismiss() {
        self.state.state.withLock { $0.connections -= 1 }
    }

    private func waitForGraceToEnd() async {
        do {
            try await gracefulShutdown()
            self.state.state.withLock { $0.isShuttingDown = true }
            try await Task.sleep(for: self.configuration.limits.shutdownGrace)
        } catch {
            // Cancelled: everything was served in time.
        }
    }

    /// Serves one connection to its end.
    ///
    /// When the client goes, what runs for it is cancelled.
    private func serve(_ connection: Connection) async {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await received in connection.requests { await self.answer(received, on: connection) }
                }
                group.addTask { await connection.closed() }
                await group.next()
                group.cancelAll()
                connection.close()
            }
        } onGracefulShutdown: {
            connection.quiesce()
        }
    }

    private func note(_ response: GatewayResponse, to request: GatewayRequest) {
        // What is not available or overloaded is no fault of ours that somebody must look at.
        let isFault = response.status == 500
        self.logger.log(
            level: isFault ? .error : .debug, "request answered",
            metadata: [
                "method": "\(request.method.rawValue)", "target": "\(request.target)", "status": "\(response.status)",
            ])
    }

    private func answer(_ received: ReceivedRequest, on connection: Connection) async {
        let response = await self.application.answer(received.request)
        self.note(response, to: received.request)
        switch response.body {
        case .bytes(let bytes): connection.respond(response, bytes: bytes)
        case .stream(let stream):
            guard await connection.begin(response, stream) else { return }
            let ending = await StreamEnding(of: stream, to: connection)
            connection.end(last: ending.lastFrame(stream.framing), isWhole: ending.isWhole)
        }
    }
}
