package import Distributed

/// Takes the argument of a call: every method has one, which is the call's message.
package struct CallEncoder: DistributedTargetInvocationEncoder {
    package typealias SerializationRequirement = any WireMessage

    private(set) var message: [UInt8]?

    /// A stub records itself as `Self`.
    ///
    /// The server substitutes the type of its own actor, never one that a peer names.
    package mutating func recordGenericSubstitution<Substitution>(_ type: Substitution.Type) throws {}

    package mutating func recordArgument<Value: WireMessage>(_ argument: RemoteCallArgument<Value>) throws {
        guard self.message == nil else {
            throw ServiceError(.unimplemented, "a method has one argument: put \(argument.name) into its message")
        }
        self.message = try argument.value.encoded()
    }

    package mutating func recordErrorType<Failure: Error>(_ type: Failure.Type) throws {}

    package mutating func recordReturnType<Value: WireMessage>(_ type: Value.Type) throws {}

    package mutating func doneRecording() throws {}
}

/// Required of an actor system.
///
/// Calls are dispatched through the method table, never by the names that a peer sends.
package struct CallDecoder: DistributedTargetInvocationDecoder {
    package typealias SerializationRequirement = any WireMessage

    package mutating func decodeGenericSubstitutions() throws -> [any Any.Type] { throw CallDecoder.refused }

    package mutating func decodeNextArgument<Argument: WireMessage>() throws -> Argument {
        throw CallDecoder.refused
    }

    package mutating func decodeErrorType() throws -> (any Any.Type)? { throw CallDecoder.refused }

    package mutating func decodeReturnType() throws -> (any Any.Type)? { throw CallDecoder.refused }

    private static let refused = ServiceError(.unimplemented, "calls by mangled names are refused")
}

/// Required of an actor system; see `CallDecoder`.
package struct CallResultHandler: DistributedTargetInvocationResultHandler {
    package typealias SerializationRequirement = any WireMessage

    package func onReturn<Success: WireMessage>(value: Success) async throws {}

    package func onReturnVoid() async throws {}

    package func onThrow<Failure: Error>(error: Failure) async throws { throw error }
}
