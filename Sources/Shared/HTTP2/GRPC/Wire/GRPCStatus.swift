/// How a call of gRPC ended where it did not end well.
package struct GRPCStatus: Error, Hashable, Sendable, CustomStringConvertible {
    /// The numbers of gRPC.
    ///
    /// A peer may send others.
    package enum Code {
        package static let ok = 0
        package static let cancelled = 1
        package static let unknown = 2
        package static let invalidArgument = 3
        package static let deadlineExceeded = 4
        package static let permissionDenied = 7
        package static let resourceExhausted = 8
        package static let unimplemented = 12
        package static let `internal` = 13
        package static let unavailable = 14
        package static let unauthenticated = 16
    }

    package var code: Int
    package var message: String
    /// More of it, as `grpc-status-details-bin`.
    package var details: [UInt8] = []
    /// Further trailers.
    package var metadata: [String: String] = [:]
    /// Whether the other side certainly did nothing: the call may be made again.
    package var isNotProcessed = false
    /// Whether the connection broke before an answer came: what became of the call nobody knows.
    package var isLost = false

    package init(_ code: Int, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }

    package static let pastDeadline = GRPCStatus(Code.deadlineExceeded, "the call did not end before its deadline")
    package static let cancelled = GRPCStatus(Code.cancelled, "the call was cancelled")

    /// What a caller is told of a connection or stream that ended.
    init(_ error: HTTP2Error) {
        switch error.code {
        case .notProcessed:
            self.init(Code.unavailable, error.message)
            self.isNotProcessed = true
        case .connectionLost:
            self.init(Code.unavailable, error.message)
            self.isLost = true
        case .protocolViolation: self.init(Code.unavailable, error.message)
        case .excess: self.init(Code.resourceExhausted, error.message)
        case .reset: self.init(Code.unavailable, error.message)
        case .library: self.init(Code.internal, error.message)
        }
    }
}

/// An error of another module that has a form of gRPC.
package protocol GRPCStatusConvertible: Error {
    var grpcStatus: GRPCStatus { get }
}

extension GRPCStatus {
    static let detailsName = "grpc-status-details-bin"
    private static let ownNames: Set = ["grpc-status", "grpc-message", detailsName, "content-type"]

    /// The status as trailers.
    var trailers: HeaderBlock {
        var block = HeaderBlock()
        self.add(to: &block)
        return block
    }

    /// The status as a response without a body.
    var response: HeaderBlock {
        var block = HeaderBlock([(":status", "200"), ("content-type", "application/grpc")])
        self.add(to: &block)
        return block
    }

    private func add(to block: inout HeaderBlock) {
        block.add("grpc-status", String(self.code))
        if !self.message.isEmpty { block.add("grpc-message", PercentEncoding.encode(self.message)) }
        if !self.details.isEmpty { block.add(GRPCStatus.detailsName, Base64.encode(self.details)) }
        for (name, value) in self.metadata.sorted(by: { $0.key < $1.key }) {
            block.add(name, PercentEncoding.encode(value))
        }
    }

    /// The status in a block of headers or trailers, where there is one; its code may be `ok`.
    init?(_ block: HeaderBlock) {
        guard let code = block.value(of: "grpc-status") else { return nil }
        if code.elementsEqual("0".utf8) {
            self.init(Code.ok, "")
            return
        }
        self.init(Int(String(decoding: code, as: UTF8.self)) ?? Code.unknown, "")
        for (name, value) in block.all {
            switch name {
            case "grpc-message": self.message = PercentEncoding.decode(value)
            case GRPCStatus.detailsName: self.details = Base64.decode(value) ?? []
            case _ where !GRPCStatus.ownNames.contains(name) && !name.hasPrefix(":"):
                self.metadata[name] = PercentEncoding.decode(value)
            default: break
            }
        }
    }

    /// The status of a response that is none of gRPC's.
    init(httpStatus: String?) {
        let code =
            switch httpStatus {
            case "400": Code.internal
            case "401": Code.unauthenticated
            case "403": Code.permissionDenied
            case "404": Code.unimplemented
            case "429", "502", "503", "504": Code.unavailable
            default: Code.unknown
            }
        self.init(code, "the peer answered with HTTP status \(httpStatus ?? "none") and no gRPC status")
    }
}
