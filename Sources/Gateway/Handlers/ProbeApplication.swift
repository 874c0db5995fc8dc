import ActorTransport
package import Telemetry

/// What answers the requests of a port.
package protocol HTTPApplication: Sendable {
    func answer(_ request: GatewayRequest) async -> GatewayResponse
}

/// What probes and Prometheus ask of a service that has no API of its own.
package struct ProbeApplication: HTTPApplication {
    private let metrics: MetricRegistry
    private let obstacle: @Sendable () -> String?
    private let router = Router(RouteTable.probes)

    /// - Parameter obstacle: why the service cannot do its work now; `nil`: it can.
    package init(metrics: MetricRegistry, obstacle: @escaping @Sendable () -> String?) {
        self.metrics = metrics
        self.obstacle = obstacle
    }

    package func answer(_ request: GatewayRequest) async -> GatewayResponse {
        do throws(ServiceError) {
            let target = try RequestTarget(request.target)
            switch try self.router.match(request.method, path: target.path) {
            case .route(let route, _):
                guard case .probe(let operation) = route.operation else { return .unknown(path: target.path) }
                return await .probe(operation, metrics: self.metrics, obstacle: self.obstacle())
            case .otherMethods(let methods):
                return .refusal(of: request.method, allowed: methods, path: target.path)
            case .none:
                return .failure(
                    ServiceError(.notFound, "nothing at \(target.path): /healthz, /readyz and /metrics are here"))
            }
        } catch {
            return .failure(error)
        }
    }
}

extension GatewayResponse {
    static func probe(
        _ operation: ProbeOperation, metrics: MetricRegistry, obstacle: String?
    ) async -> GatewayResponse {
        switch operation {
        case .liveness: return .text("ok\n")
        case .readiness: return obstacle.map { .text("\($0)\n", status: 503) } ?? .text("ok\n")
        case .metrics: return .text(await metrics.text(), contentType: MetricRegistry.contentType)
        }
    }
}
