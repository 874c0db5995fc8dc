package import Distributed
package import JSON

/// Writes the arguments of a call as the elements of a JSON array.
package struct CallEncoder: DistributedTargetInvocationEncoder {
    package typealias SerializationRequirement = any JSONConvertible

    private(set) var arguments: [JSONValue] = []

    /// A stub records itself as `Self`.
    ///
    /// The server substitutes the type of its own actor, never one that a peer names.
    package mutating func recordGenericSubstitution<Substitution>(_ type: Substitution.Type) throws {}

    package mutating func recordArgument<Value: JSONConvertible>(_ argument: RemoteCallArgument<Value>) throws {
        self.arguments.append(argument.value.json(.compact))
    }

    package mutating func recordErrorType<Failure: Error>(_ type: Failure.Type) throws {}

    package mutating func recordReturnType<Value: JSONConvertible>(_ type: Value.Type) throws {}

    package mutating func doneRecording() throws {}
}

/// Reads the arguments of a call in their order.
package struct ArgumentReader {
    private var rest: ArraySlice<JSONValue>

    init(message: [UInt8]) throws(ServiceError) {
        guard case .array(let arguments) = try Wire.parse(message) else {
            throw ServiceError(.invalidArgument, "the message of a call is an array of its arguments")
        }
        self.rest = arguments[...]
    }

    package mutating func next<Value: JSONConvertible>(_ type: Value.Type = Value.self) throws(ServiceError) -> Value {
        guard let argument = self.rest.popFirst() else {
            throw ServiceError(.invalidArgument, "the call lacks an argument")
        }
        return try Wire.decode(argument)
    }
}

/// Required of an actor system.
///
/// Calls are dispatched through the method table, never by the names that a peer sends.
package struct CallDecoder: DistributedTargetInvocationDecoder {
    package typealias SerializationRequirement = any JSONConvertible

    package mutating func decodeGenericSubstitutions() throws -> [any Any.Type] { throw CallDecoder.refused }

    package mutating func decodeNextArgument<Argument: JSONConvertible>() throws -> Argument {
        throw CallDecoder.refused
    }

    package mutating func decodeErrorType() throws -> (any Any.Type)? { throw CallDecoder.refused }

    package mutating func decodeReturnType() throws -> (any Any.Type)? { throw CallDecoder.refused }

    private static let refused = ServiceError(.unimplemented, "calls by mangled names are refused")
}

/// Required of an actor system; see `CallDecoder`.
package struct CallResultHandler: DistributedTargetInvocationResultHandler {
    package typealias SerializationRequirement = any JSONConvertible

    package func onReturn<Success: JSONConvertible>(value: Success) async throws {}

    package func onReturnVoid() async throws {}

    package func onThrow<Failure: Error>(error: Failure) async throws { throw error }
}
