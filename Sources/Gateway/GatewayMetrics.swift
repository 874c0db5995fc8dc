package import Telemetry

/// What a gateway measures.
package struct GatewayMetrics: Sendable {
    package static let definitions = [Self.requests, Self.requestTime]

    private static let requests = MetricDefinition(
        "apus_http_requests_total", .counter, labels: ["method", "route", "status"],
        help: "Requests that were answered, by the pattern of their path.")
    private static let requestTime = MetricDefinition(
        "apus_http_request_duration_seconds", MetricDefinition.seconds, labels: ["method", "route"],
        help: "Time from a whole request to the head of its answer.")

    let registry: MetricRegistry

    /// Counts a request.
    ///
    /// - Parameter route: the pattern that its path matched; what matched none is counted together, because such paths
    ///   are anybody's to choose.
    func answered(
        _ method: RequestMethod, route: String?, status: Int, since start: ContinuousClock.Instant
    ) {
        let route = route ?? "none"
        self.registry.add(to: Self.requests, method.rawValue, route, String(status))
        self.registry.observe(Self.requestTime, method.rawValue, route, since: start)
    }
}
