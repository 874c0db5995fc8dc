package import ActorTransport
package import JSON
import OrderedCollections

extension ServiceError.Code {
    /// The HTTP status that clients expect for a gRPC code.
    package var httpStatus: Int {
        switch self {
        case .cancelled: 408
        case .unknown, .internal, .dataLoss: 500
        case .invalidArgument, .failedPrecondition, .outOfRange: 400
        case .deadlineExceeded: 504
        case .notFound: 404
        case .alreadyExists, .aborted: 409
        case .permissionDenied: 403
        case .resourceExhausted: 429
        case .unimplemented: 501
        case .unavailable: 503
        case .unauthenticated: 401
        }
    }
}

extension ServiceError {
    /// `{"code":5,"message":"…"}`: the body of a failed call.
    package var body: JSONValue {
        ["code": .integer(self.code.rawValue), "message": .string(self.message)]
    }

    /// `{"error":{…}}`: the frame that ends a stream.
    package var streamBody: JSONValue {
        let status = self.code.httpStatus
        return [
            "error": [
                "grpc_code": .integer(self.code.rawValue), "http_code": .integer(status),
                "message": .string(self.message), "http_status": .string(reasonPhrase(status)),
            ]
        ]
    }

    /// The body of a stream that failed before its first message: the frame, and beside it the members of a failed
    /// call, because clients look for `message` at the top whatever they asked for.
    package var refusedStreamBody: JSONValue {
        guard case .object(var members) = self.streamBody else { return self.body }
        members["code"] = .integer(self.code.rawValue)
        members["message"] = .string(self.message)
        return .object(members)
    }
}

/// The words that go with a status.
package func reasonPhrase(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 413: "Request Entity Too Large"
    case 417: "Expectation Failed"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    default: "Status \(status)"
    }
}
