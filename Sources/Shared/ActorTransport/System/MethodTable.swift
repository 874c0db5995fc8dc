import Distributed

/// The methods that may be called over the wire, by their stable names.
///
/// A Swift name never crosses the wire: a change of a signature must not break a rolling upgrade, and a peer must not
/// be able to name a function of ours. A method that is not in the table does not exist.
package struct MethodTable: Sendable {
    typealias Handler = @Sendable (any DistributedActor, [UInt8]) async throws -> [UInt8]

    private(set) var handlers: [String: Handler] = [:]
    /// Wire names by the Swift name of a stub's function: `$ShardContract.act(_:)`.
    private(set) var wireNames: [String: String] = [:]

    /// What a method takes and answers, by its name on the wire.
    package private(set) var messages: [String: (request: MessageSchema, answer: MessageSchema)] = [:]
    /// Methods that are answered with streams; doors serve them by themselves.
    private(set) var streams: Set<String> = []

    package init() {}

    /// The wire names of all methods.
    package var methods: [String] { self.handlers.keys.sorted() + self.streams.sorted() }

    package mutating func add<Request, Element>(_ method: StreamMethod<Request, Element>) {
        self.streams.insert(method.name)
        self.messages[method.name] = (Request.wireSchema, Element.wireSchema)
    }

    /// Adds a method of `contract`, called `name` on the wire: `Shard/Act`.
    package mutating func add<Actor, Argument: WireMessage, Answer: WireMessage>(
        _ name: String, as function: String, on contract: Actor.Type,
        _ body: @escaping @Sendable (Actor, Argument) async throws -> Answer
    ) {
        let wireName = "/apus.v1.\(name)"
        self.wireNames[function] = wireName
        self.messages[wireName] = (Argument.wireSchema, Answer.wireSchema)
        self.handlers[wireName] = { actor, message in
            guard let door = actor as? Actor else {
                throw ServiceError(.unimplemented, "\(wireName) is not a method of the actor called")
            }
            return try await body(door, try Argument(encoded: message)).encoded()
        }
    }

    /// The wire name of a call's target, whose description ends in `$ShardContract.act(_:)`.
    func wireName(of target: RemoteCallTarget) -> String? {
        let words = target.description.split(separator: ".")
        guard let stub = words.firstIndex(where: { $0.hasPrefix("$") }) else { return nil }
        return self.wireNames[words[stub...].joined(separator: ".")]
    }
}
