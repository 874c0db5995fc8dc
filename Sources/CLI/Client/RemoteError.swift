import JSON

/// What a server answered instead of a result, in the words of gRPC's clients.
struct RemoteError: Error, Hashable, Sendable, CustomStringConvertible {
    var code: Int
    var message: String

    init(code: Int, message: String) {
        self.code = code
        self.message = message
    }

    static let unknown = 2
    static let notFound = 5
    static let alreadyExists = 6
    private static let resourceExhausted = 8
    private static let unavailable = 14
    private static let `internal` = 13
    private static let quotedLength = 1_000

    private static let names = [
        "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists",
        "PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented",
        "Internal", "Unavailable", "DataLoss", "Unauthenticated",
    ]

    var isNotFound: Bool { self.code == Self.notFound }

    /// Whether the same request may be answered a little later: the server is busy or going down.
    var isPassing: Bool { self.code == Self.resourceExhausted || self.code == Self.unavailable }

    var description: String {
        let name = Self.names.indices.contains(self.code) ? Self.names[self.code] : "Code(\(self.code))"
        return "rpc error: code = \(name) desc = \(self.message)"
    }

    /// From an answer whose status is no success: `{"code": 5, "message": "…"}`, or whatever it holds instead.
    init(status: Int, body: [UInt8]) {
        guard case .success(let json) = Documents.parse(json: body), let code = json["code"]?.integerValue else {
            let text = String(decoding: body.prefix(Self.quotedLength), as: UTF8.self)
            self.init(code: Self.internal, message: "the server answered \(status): \(text)")
            return
        }
        self.init(code: code, message: json["message"]?.stringValue ?? "")
    }
}
