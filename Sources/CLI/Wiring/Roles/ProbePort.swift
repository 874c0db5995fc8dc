import ActorTransport
import Gateway
import ServiceLifecycle

/// The port of a member without an API that probes and Prometheus ask.
enum ProbePort {
    /// Opens it where `metrics-address` says; no service where it says nothing.
    ///
    /// - Parameter obstacle: why the member cannot do its work, where it is not its health alone.
    /// - Throws: `CommandFailure` where it cannot be opened.
    static func open(
        _ setup: MemberSetup, health: HealthService, obstacle: @escaping @Sendable () -> String? = { nil }
    ) async throws(CommandFailure) -> [any Service] {
        guard let text = setup.settings.text("metrics-address") else { return [] }
        guard let address = MemberAddress(text) else {
            throw CommandFailure("invalid metrics-address \"\(text)\": as HOST:PORT")
        }
        var configuration = GatewayConfiguration()
        configuration.host = address.host
        configuration.port = address.port
        // It tells numbers, and takes no orders.
        configuration.allowInsecure = true
        let service = GatewayService(configuration: configuration, logger: setup.logger) { closing in
            ProbeApplication(
                metrics: setup.metrics,
                obstacle: { closing() ?? obstacle() ?? (health.status == .serving ? nil : "not serving") })
        }
        do {
            try await service.bind()
        } catch {
            throw CommandFailure("metrics-address: \(error)")
        }
        return [service]
    }
}
