/// Why a connection or a stream ended.
package struct HTTP2Error: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The peer broke the protocol, or speaks another one.
        case protocolViolation
        /// The peer exceeded a limit.
        case excess
        /// The connection closed, or the peer did not answer in time.
        case connectionLost
        /// The peer is shutting down, or refused the stream before it looked at it.
        case notProcessed
        /// The peer reset the stream.
        case reset
        /// The library failed.
        case library
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }
}

/// The error codes of RFC 9113 that we send or look at.
package enum HTTP2ErrorCode {
    package static let noError: UInt32 = 0
    package static let protocolError: UInt32 = 1
    package static let internalError: UInt32 = 2
    package static let refusedStream: UInt32 = 7
    package static let cancel: UInt32 = 8
    package static let enhanceYourCalm: UInt32 = 11
}
