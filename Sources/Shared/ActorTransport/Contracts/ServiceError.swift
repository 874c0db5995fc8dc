package import Model

/// Why a service refused or failed a call.
///
/// It crosses the wire as `grpc-status` and message, and leaves the gateway as `{"code": …, "message": …}`.
package struct ServiceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The status codes of gRPC, with their numbers.
    package enum Code: Int, Sendable, CaseIterable {
        case cancelled = 1
        case unknown = 2
        case invalidArgument = 3
        case deadlineExceeded = 4
        case notFound = 5
        case alreadyExists = 6
        case permissionDenied = 7
        case resourceExhausted = 8
        case failedPrecondition = 9
        case aborted = 10
        case outOfRange = 11
        case unimplemented = 12
        case `internal` = 13
        case unavailable = 14
        case dataLoss = 15
        case unauthenticated = 16
    }

    package var code: Code
    package var message: String
    /// The member to ask instead, where the one asked does not own the shard; empty where it does not know.
    ///
    /// Where this is set, nothing of the call was done.
    package var redirect: String?
    /// Whether the connection broke before an answer came: what became of the call nobody knows.
    ///
    /// Known to the caller alone: it crosses no wire.
    package var isLost = false

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }
}

extension ServiceError {
    /// `workflows.argoproj.io "x" not found`, as Kubernetes and Argo say it.
    package static func notFound(_ kind: ObjectKind, _ name: String) -> ServiceError {
        ServiceError(.notFound, "\(kind.resource) \"\(name)\" not found")
    }

    /// The member asked does not own the shard; `owner` is its guess of who does.
    package static func notOwner(of shard: Int, hint owner: String?) -> ServiceError {
        var error = ServiceError(.unavailable, "shard \(shard) is owned by another member")
        error.redirect = owner ?? ""
        return error
    }

    /// The member cannot be reached, and nothing was sent to it: somebody else may answer.
    package static func unreachable(_ member: String) -> ServiceError {
        var error = ServiceError(.unavailable, "member \(member) cannot be reached")
        error.redirect = ""
        return error
    }

    package static func alreadyExists(_ kind: ObjectKind, _ name: String) -> ServiceError {
        ServiceError(.alreadyExists, "\(kind.resource) \"\(name)\" already exists")
    }
}
