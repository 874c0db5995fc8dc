import ActorTransport
import JSON
import Model

extension GatewayApplication {
    /// Logs and watches.
    ///
    /// The cluster is asked before the answer begins, so that a refusal has its own status.
    func streamCall(_ call: Call, _ operation: StreamOperation) async throws(ServiceError) -> GatewayResponse {
        switch operation {
        case .workflowLogs, .podLogs: return try await self.streamLogs(call)
        case .watchWorkflows: return try await self.watchWorkflows(call)
        case .watchEvents: return try await self.watchEvents(call)
        }
    }

    private func streamLogs(_ call: Call) async throws(ServiceError) -> GatewayResponse {
        var request = LogRequest(namespace: call.namespace, workflow: try await self.workflowName(call))
        let podName = call.path["podName"]
        request.podName = podName.isEmpty ? call.query.nonEmpty("podName") : podName
        if let container = call.query.nonEmpty("logOptions.container") { request.container = container }
        guard try !call.query.bool("logOptions.previous") else {
            throw ServiceError(
                .invalidArgument,
                "logOptions.previous: containers are never started again in their pod, so there are no previous logs; "
                    + "each attempt of a retried step is a pod of its own: name that pod")
        }
        request.follow = try call.query.bool("logOptions.follow")
        request.timestamps = try call.query.bool("logOptions.timestamps")
        request.tailLines = try call.query.integer("logOptions.tailLines")
        request.sinceSeconds = try call.query.integer("logOptions.sinceSeconds")
        request.limitBytes = try call.query.integer("logOptions.limitBytes")
        request.sinceTime = try call.query.time("logOptions.sinceTime")
        request.grep = call.query.nonEmpty("grep")
        request.selector = call.query.nonEmpty("selector")
        let batches = try await self.cluster.logs(request)
        let framing = StreamFraming(accept: call.request.accept)
        return .stream(
            ResponseStream(framing: framing) { writer in
                for try await batch in batches { try await writer.write(framing.frames(batch)) }
            })
    }

    private func watchWorkflows(_ call: Call) async throws(ServiceError) -> GatewayResponse {
        let (unresolved, options) = try Self.watchRequest(call)
        var request = unresolved
        request.fieldSelector = try await self.resolved(
            fieldSelector: request.fieldSelector, in: call.namespace)
        let projection = Projection(call.query.text("fields"), prefix: "result.object.")
        let events = try await self.cluster.watchWorkflows(request)
        return Self.streamed(events, call, timeLimit: options.timeout) { event in
            guard event.kind != .bookmark else {
                guard options.allowsBookmarks else { return nil }
                return ["type": .string(event.kind.rawValue), "object": event.object]
            }
            return ["type": .string(event.kind.rawValue), "object": projection.workflow(event.object)]
        }
    }

    private func watchEvents(_ call: Call) async throws(ServiceError) -> GatewayResponse {
        let (request, options) = try Self.watchRequest(call)
        let events = try await self.cluster.watchEvents(request)
        return Self.streamed(events, call, timeLimit: options.timeout) { $0 }
    }

    private static func watchRequest(_ call: Call) throws(ServiceError) -> (WatchRequest, ListOptions) {
        let options = try ListOptions(call.query)
        var request = WatchRequest(namespace: call.namespace.isEmpty ? nil : call.namespace)
        request.labelSelector = options.labelSelector
        request.fieldSelector = options.fieldSelector
        request.resourceVersion = options.resourceVersion
        return (request, options)
    }

    /// The answer that sends what `message` makes of each element, where it makes anything.
    private static func streamed<Element: Sendable>(
        _ elements: AsyncThrowingStream<Element, any Error>, _ call: Call, timeLimit: Duration?,
        message: @escaping @Sendable (Element) -> JSONValue?
    ) -> GatewayResponse {
        let framing = StreamFraming(accept: call.request.accept)
        return .stream(
            ResponseStream(framing: framing, timeLimit: timeLimit) { writer in
                for try await element in elements {
                    guard let document = message(element) else { continue }
                    try await writer.write(framing.frame(document))
                }
            })
    }
}
