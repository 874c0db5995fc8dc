/// Why a certificate cannot be used, or why a connection is not, or no longer, secure.
package struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    package struct Code: Hashable, Sendable {
        private let name: String

        private init(_ name: String) { self.name = name }

        // Of files.
        /// A file cannot be read, or is larger than such files are.
        package static let unreadable = Code("unreadable")
        /// A file cannot be written.
        package static let unwritable = Code("unwritable")
        /// A file is there and may not be replaced.
        package static let exists = Code("exists")
        /// There is no PEM block of the right kind, or it is damaged.
        package static let malformed = Code("malformed")
        /// The key is not the certificate's.
        package static let wrongKey = Code("wrongKey")
        package static let expired = Code("expired")
        package static let notYetValid = Code("notYetValid")
        /// A setting is missing or contradicts another.
        package static let invalidSetting = Code("invalidSetting")
        /// A join token is unknown, used, too old, or somebody else's.
        package static let refusedToken = Code("refusedToken")
        package static let refusedRenewal = Code("refusedRenewal")

        // Of connections.
        /// The peer showed no certificate, or one that is not trusted.
        package static let untrustedPeer = Code("untrustedPeer")
        /// The peer's certificate is good but somebody else's.
        package static let wrongPeer = Code("wrongPeer")
        /// The peer ended the connection with an alert: it does not accept us.
        package static let refusedByPeer = Code("refusedByPeer")
        /// The two sides have no version, cipher or application protocol in common.
        package static let nothingInCommon = Code("nothingInCommon")
        package static let handshakeTimeout = Code("handshakeTimeout")
        /// The peer does not speak TLS, or breaks its rules.
        package static let protocolViolation = Code("protocolViolation")
        /// The connection ended without the peer's word that all was sent.
        package static let truncated = Code("truncated")
        /// A named limit was exceeded.
        package static let limitExceeded = Code("limitExceeded")
        /// OpenSSL itself failed.
        package static let failed = Code("failed")
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }
}
