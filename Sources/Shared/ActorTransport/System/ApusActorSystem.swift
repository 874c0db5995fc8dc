package import Distributed
import Synchronization

/// The actor system of one member: resolves addresses, sends calls over a transport and serves those that arrive.
///
/// Arguments and answers are `WireMessage` and cross as bytes, on the loopback too. Every call may run twice.
/// Errors cross as `ServiceError`; any other error becomes `internal`.
package final class ApusActorSystem: DistributedActorSystem, CallHandler {
    package typealias ActorID = ActorAddress
    package typealias InvocationEncoder = CallEncoder
    package typealias InvocationDecoder = CallDecoder
    package typealias ResultHandler = CallResultHandler
    package typealias SerializationRequirement = any WireMessage

    private typealias StreamHandler = @Sendable ([UInt8]) async throws -> WireStream

    private struct State {
        var published: [String: any DistributedActor] = [:]
        var streams: [String: [String: StreamHandler]] = [:]
        var wireNames: [String: String] = [:]
        var nextActor = 0
    }

    package let member: String
    /// What calls that are made through this system are measured by.
    package let clock: any ElapsedClock
    private let transport: any Transport
    private let methods: MethodTable
    private let state = Mutex(State())

    package init(
        member: String, transport: any Transport, methods: MethodTable = .contracts,
        clock: any ElapsedClock = SystemElapsedClock()
    ) {
        self.member = member
        self.clock = clock
        self.transport = transport
        self.methods = methods
    }

    // MARK: Publishing

    /// Lets peers call `actor` under `name`.
    ///
    /// The system keeps it until `retire`.
    package func publish(_ actor: some DistributedActor, as name: String) {
        self.state.withLock { $0.published[name] = actor }
    }

    /// Serves a streaming method of the door `name`.
    package func serve<Request, Element>(
        _ method: StreamMethod<Request, Element>, at name: String,
        _ body: @escaping @Sendable (Request) async throws -> AsyncThrowingStream<Element, any Error>
    ) {
        precondition(self.isStream(method.name), "\(method.name) is not in the method table")
        self.state.withLock { state in
            state.streams[name, default: [:]][method.name] = { message in
                let request = try Request(encoded: message)
                return try await body(request).mapLazily { try $0.encoded() }
            }
        }
    }

    /// Takes a door away, with its streaming methods.
    ///
    /// Streams that run go on.
    package func retire(_ name: String) {
        let gone = self.state.withLock { state in
            (state.published.removeValue(forKey: name), state.streams.removeValue(forKey: name))
        }
        withExtendedLifetime(gone) {}
    }

    // MARK: Calling

    /// Opens a stream.
    ///
    /// Cancelling or dropping it ends the work behind it.
    package func open<Request, Element>(
        _ method: StreamMethod<Request, Element>, on target: ActorAddress, _ request: Request
    ) async throws(ServiceError) -> AsyncThrowingStream<Element, any Error> {
        let context = CallContext.current
        let call = WireCall(
            method: method.name, target: target, message: try request.encoded(), deadline: context.deadline,
            metadata: context.metadata)
        return try await self.transport.stream(call).mapLazily { try Element(encoded: $0) }
    }

    package func remoteCall<Act, Failure, Answer>(
        on actor: Act, target: RemoteCallTarget, invocation: inout InvocationEncoder, throwing: Failure.Type,
        returning: Answer.Type
    ) async throws -> Answer
    where Act: DistributedActor, Act.ID == ActorAddress, Failure: Error, Answer: WireMessage {
        try Answer(encoded: try await self.send(target, to: actor.id, invocation))
    }

    package func remoteCallVoid<Act, Failure>(
        on actor: Act, target: RemoteCallTarget, invocation: inout InvocationEncoder, throwing: Failure.Type
    ) async throws where Act: DistributedActor, Act.ID == ActorAddress, Failure: Error {
        _ = try await self.send(target, to: actor.id, invocation)
    }

    private func send(
        _ target: RemoteCallTarget, to address: ActorAddress, _ invocation: CallEncoder
    ) async throws -> [UInt8] {
        guard let method = self.wireName(of: target) else {
            throw ServiceError(.unimplemented, "\(target) has no name on the wire")
        }
        guard let message = invocation.message else {
            throw ServiceError(.unimplemented, "\(target) has no argument: give it one, if only Nothing")
        }
        let context = CallContext.current
        let call = WireCall(
            method: method, target: address, message: message, deadline: context.deadline, metadata: context.metadata)
        return try await self.transport.unary(call)
    }

    private func wireName(of target: RemoteCallTarget) -> String? {
        if let known = self.state.withLock({ $0.wireNames[target.identifier] }) { return known }
        guard let name = self.methods.wireName(of: target) else { return nil }
        self.state.withLock { $0.wireNames[target.identifier] = name }
        return name
    }

    // MARK: Serving

    /// A method is known before a door serves it: a member that starts answers that it has no such door yet.
    package func isStream(_ method: String) -> Bool { self.methods.streams.contains(method) }

    package func handle(_ call: WireCall) async throws(ServiceError) -> [UInt8] {
        guard let handler = self.methods.handlers[call.method] else {
            throw ServiceError(.unimplemented, "unknown method \(call.method)")
        }
        guard let actor = self.state.withLock({ $0.published[call.target.name] }) else {
            throw Self.nobody(at: call.target)
        }
        return try await ServiceError.wrapping {
            try await CallContext.$current.withValue(call.context) {
                try await handler(actor, call.message)
            }
        }
    }

    package func handleStream(_ call: WireCall) async throws(ServiceError) -> WireStream {
        guard self.isStream(call.method) else {
            throw ServiceError(.unimplemented, "unknown method \(call.method)")
        }
        let door = self.state.withLock { $0.streams[call.target.name] }
        guard let door else { throw Self.nobody(at: call.target) }
        guard let handler = door[call.method] else {
            throw ServiceError(.unimplemented, "\(call.method) is not a method of the actor called")
        }
        return try await ServiceError.wrapping {
            try await CallContext.$current.withValue(call.context) {
                try await handler(call.message)
            }
        }
    }

    /// A member that starts, or that plays another role: somebody else may answer.
    private static func nobody(at target: ActorAddress) -> ServiceError {
        var error = ServiceError(.notFound, "no actor at \(target)")
        error.redirect = ""
        return error
    }

    // MARK: Required of an actor system

    /// An actor of the other side is reached through its stub, which is never local: the runtime makes the proxy.
    package func resolve<Act>(id: ActorAddress, as actorType: Act.Type) throws -> Act?
    where Act: DistributedActor, Act.ID == ActorAddress { nil }

    package func assignID<Act>(_ actorType: Act.Type) -> ActorAddress
    where Act: DistributedActor, Act.ID == ActorAddress {
        let number = self.state.withLock { state in
            state.nextActor += 1
            return state.nextActor
        }
        return ActorAddress(member: self.member, name: "actor/\(number)")
    }

    package func actorReady<Act>(_ actor: Act) where Act: DistributedActor, Act.ID == ActorAddress {}

    package func resignID(_ id: ActorAddress) {}

    package func makeInvocationEncoder() -> CallEncoder { CallEncoder() }
}

extension WireCall {
    /// What the call's handler runs in: calls that it makes have the same deadline and trace, and a key of their own.
    fileprivate var context: CallContext {
        var context = CallContext(
            deadline: self.deadline, metadata: CallMetadata(trace: self.metadata.trace))
        context.received = self.metadata
        context.caller = self.caller
        return context
    }
}

extension ServiceError {
    /// Runs `body`; what it throws that is no `ServiceError` becomes `cancelled` or `internal`.
    package static func wrapping<Value>(_ body: () async throws -> Value) async throws(ServiceError) -> Value {
        do {
            return try await body()
        } catch {
            throw ServiceError(wrapping: error)
        }
    }
}
