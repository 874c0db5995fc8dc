import ActorTransport
import Logging
import ServiceLifecycle
import TLS

@testable import Gateway

/// A gateway on a free port, for as long as a test needs it.
struct RunningGateway: Sendable {
    let service: GatewayService
    let cluster: FakeCluster
    let group: ServiceGroup
    let port: Int

    func stop() async { await self.group.triggerGracefulShutdown() }

    /// Runs a gateway around the body, and shuts it down behind it.
    static func with(
        cluster: FakeCluster = FakeCluster(), limits: GatewayLimits = GatewayLimits(),
        tls: TLSContextHolder? = nil, obstacle: @escaping @Sendable () -> String? = { nil },
        _ body: (RunningGateway) async throws -> Void
    ) async throws {
        var configuration = GatewayConfiguration()
        configuration.port = 0
        configuration.limits = limits
        configuration.tls = tls
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let service = GatewayService(
            configuration: configuration, cluster: cluster, obstacle: obstacle, logger: logger)
        let port = try await service.bind()
        let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: logger))
        let running = RunningGateway(service: service, cluster: cluster, group: group, port: port)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            do {
                try await body(running)
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}

extension RawClient {
    func get(_ target: String, _ headers: String = "") async throws {
        try await self.send("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n")
    }

    func post(_ target: String, _ body: String, _ headers: String = "") async throws {
        try await self.send(
            "POST \(target) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
    }
}
