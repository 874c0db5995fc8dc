package import HTTP2
import Model

/// The names under which what belongs to a call travels beside its message.
private enum MetadataName {
    static let actor = "apus-actor"
    static let member = "apus-member"
    static let redirect = "apus-redirect"
    static let idempotencyKey = "apus-idempotency-key"
    static let traceparent = "traceparent"
}

extension GRPCRequest {
    init(_ call: WireCall, deadline: ContinuousClock.Instant?) {
        var metadata = HeaderBlock()
        metadata.add(MetadataName.actor, encoding: call.target.name)
        metadata.add(MetadataName.member, encoding: call.target.member)
        if let trace = call.metadata.trace { metadata.add(MetadataName.traceparent, encoding: trace.traceparent) }
        if let key = call.metadata.idempotencyKey { metadata.add(MetadataName.idempotencyKey, encoding: key) }
        self.init(path: call.method, metadata: metadata, message: call.message, deadline: deadline)
    }
}

extension WireCall {
    /// - Parameter member: the one that was reached.
    init(_ request: GRPCRequest, member: String) throws(ServiceError) {
        guard let actor = request.metadata.decoded("apus-actor") else {
            let text = "metadata \(MetadataName.actor) is missing: it names the actor to call, as in shard/17"
            throw ServiceError(.invalidArgument, text)
        }
        // An address that one member left may be another's by now.
        if let meant = request.metadata.decoded("apus-member"), meant != member {
            throw ServiceError.unreachable(meant, "here is member \(member)")
        }
        self.init(
            method: request.path, target: ActorAddress(member: member, name: actor), message: request.message,
            deadline: request.deadline,
            metadata: CallMetadata(
                trace: request.metadata.decoded("traceparent").flatMap(TraceContext.init(traceparent:)),
                idempotencyKey: request.metadata.decoded("apus-idempotency-key")))
    }
}

extension ServiceError: GRPCStatusConvertible {
    package var grpcStatus: GRPCStatus {
        var status = GRPCStatus(self.code.rawValue, self.message)
        if let redirect = self.redirect { status.metadata[MetadataName.redirect] = redirect }
        return status
    }

    init(_ status: GRPCStatus) {
        self.init(Code(rawValue: status.code) ?? .unknown, status.message)
        // Where nothing was done, somebody else may be asked.
        self.redirect = status.metadata[MetadataName.redirect] ?? (status.isNotProcessed ? "" : nil)
        self.isLost = status.isLost
    }

    /// The member cannot be reached, and why; nothing was sent to it.
    static func unreachable(_ member: String, _ cause: String) -> ServiceError {
        var error = ServiceError.unreachable(member)
        error.message += ": \(cause)"
        return error
    }

    /// What is thrown on the way becomes an error of ours.
    init(wrapping error: any Error) {
        switch error {
        case let error as ServiceError: self = error
        case let status as GRPCStatus: self.init(status)
        case is CancellationError: self.init(.cancelled, "the call was cancelled")
        default: self.init(.internal, "\(error)")
        }
    }
}
