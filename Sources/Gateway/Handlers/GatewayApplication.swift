package import ActorTransport
package import JSON
package import Logging
import Model
package import Telemetry

/// The public API: turns a request into calls of the cluster, and what they give into an answer.
///
/// It knows no sockets, keeps no state and may be asked by any number of tasks at once. Every failure becomes an
/// answer.
package struct GatewayApplication: HTTPApplication {
    let cluster: any WorkflowCluster
    private let router: Router
    private let guards: RequestGuard
    private let metrics: GatewayMetrics
    /// Why requests cannot be served now; `nil`: they can.
    private let obstacle: @Sendable () -> String?
    /// Gives a certificate to who has a join token.
    let admit: (@Sendable (JSONValue) async throws -> JSONValue)?
    private let logger: Logger

    package init(
        cluster: any WorkflowCluster, guards: RequestGuard = RequestGuard(), routes: [Route] = RouteTable.routes,
        metrics: MetricRegistry = MetricRegistry(GatewayMetrics.definitions),
        obstacle: @escaping @Sendable () -> String? = { nil },
        admit: (@Sendable (JSONValue) async throws -> JSONValue)? = nil,
        logger: Logger = Logger(label: "apus.gateway")
    ) {
        self.admit = admit
        self.logger = logger
        self.cluster = cluster
        self.router = Router(routes)
        self.guards = guards
        self.metrics = GatewayMetrics(registry: metrics)
        self.obstacle = obstacle
    }

    /// Answers one request.
    ///
    /// The body of a `HEAD` is left to whoever sends the answer to leave out.
    package func answer(_ request: GatewayRequest) async -> GatewayResponse {
        let start = ContinuousClock.now
        let span = Self.span(in: request.traceparent.flatMap(TraceContext.init(traceparent:)))
        return await CallContext.with({ $0.metadata.trace = span }) {
            var route: String?
            let answer = await self.answer(request, route: &route)
            self.metrics.answered(request.method, route: route, status: answer.status, since: start)
            self.logger.debug(
                "request answered",
                metadata: [
                    "method": "\(request.method.rawValue)", "route": "\(route ?? "none")", "status": "\(answer.status)",
                    "took": "\(ContinuousClock.now - start)",
                ])
            return answer
        }
    }

    /// The request's own span: of the caller's trace, where it has one.
    private static func span(in trace: TraceContext?) -> TraceContext {
        var random = SystemRandomNumberGenerator()
        return trace?.child(using: &random) ?? TraceContext(using: &random)
    }

    private func answer(_ request: GatewayRequest, route pattern: inout String?) async -> GatewayResponse {
        do throws(ServiceError) {
            try self.guards.check(request)
            let target = try RequestTarget(request.target)
            switch try self.router.match(request.method, path: target.path) {
            case .route(let route, let path):
                pattern = route.pattern
                let call = Call(
                    route: route, path: path, query: try QueryParameters(target.query),
                    body: try RequestBody(request.body, as: route.body), request: request)
                let answer = await self.answer(call)
                return StrictClients.includes(request) ? StrictClients.tailored(answer) : answer
            case .otherMethods(let methods):
                return .refusal(of: request.method, allowed: methods, path: target.path)
            case .none:
                return .unknown(path: target.path)
            }
        } catch {
            return .failure(error)
        }
    }

    private func answer(_ call: Call) async -> GatewayResponse {
        do throws(ServiceError) {
            return try await self.perform(call)
        } catch {
            if case .artifact = call.route.operation { return .artifactFailure(error) }
            guard call.route.isStreaming else { return .failure(error) }
            return .json(error.refusedStreamBody, status: error.code.httpStatus)
        }
    }

    private func perform(_ call: Call) async throws(ServiceError) -> GatewayResponse {
        switch call.route.operation {
        case .workflow(let operation): return try await self.workflowCall(call, operation)
        case .stream(let operation): return try await self.streamCall(call, operation)
        case .object(let operation, let kind): return try await self.objectCall(call, operation, kind)
        case .archive(let operation): return try await self.archiveCall(call, operation)
        case .artifact(let operation): return try await self.artifactCall(call, operation)
        case .cluster(let operation): return try await self.clusterCall(call, operation)
        case .information(let operation): return self.informationCall(operation)
        case .probe(let operation):
            return await .probe(operation, metrics: self.metrics.registry, obstacle: self.obstacle())
        case .notAvailable(let id):
            throw ServiceError(.unimplemented, "\(id) is not available in this version of Apus")
        }
    }
}
