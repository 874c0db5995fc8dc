import COpenSSL
import NIOCore

/// The TLS of one connection, without the connection: bytes of the wire go in and come out through memory.
///
/// The one place that holds OpenSSL's pointer to a session. It belongs to its connection's event loop. Once a call has
/// thrown, the session is good for nothing but `takeOutput`, which may hold the alert that tells the peer why.
final class TLSSession {
    enum Reading {
        /// All that has arrived is read.
        case drained
        /// The peer has said that nothing will follow.
        case ended
    }

    let raw: OpaquePointer
    /// What has arrived and is not yet read, and what is to be sent: both belong to the session.
    private let input: OpaquePointer
    private let output: OpaquePointer
    private let context: TLSContext
    private let expectation: TLSPeerExpectation
    private let limits: TLSLimits
    private var keyUpdates = 0

    /// - Throws: `TLSError` for a host that is no name, or where OpenSSL has no memory.
    init(_ context: TLSContext, expecting expectation: TLSPeerExpectation, limits: TLSLimits) throws(TLSError) {
        guard let raw = SSL_new(context.raw) else { throw TLSError(.failed, "OpenSSL has no memory left") }
        guard let input = BIO_new(BIO_s_mem()), let output = BIO_new(BIO_s_mem()) else {
            SSL_free(raw)
            throw TLSError(.failed, "OpenSSL has no memory left")
        }
        SSL_set_bio(raw, input, output)
        self.raw = raw
        self.input = input
        self.output = output
        self.context = context
        self.expectation = expectation
        self.limits = limits
        if context.configuration.role == .server { SSL_set_accept_state(raw) } else { SSL_set_connect_state(raw) }
        if case .host(let host) = expectation { try self.expect(host) }
        self.countKeyUpdates()
    }

    deinit { SSL_free(self.raw) }

    private func expect(_ host: String) throws(TLSError) {
        OpenSSLFailure.clear()
        if IPAddress.bytes(host) != nil {
            guard X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(self.raw), host) == 1 else {
                throw TLSError(.invalidSetting, "\"\(host)\" is no address: \(OpenSSLFailure.take().text)")
            }
            return
        }
        SSL_set_hostflags(self.raw, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        guard !host.isEmpty, !host.utf8.contains(0), SSL_set1_host(self.raw, host) == 1,
            apus_ssl_set_host_name(self.raw, host) == 1
        else { throw TLSError(.invalidSetting, "\"\(host)\" is no host name") }
    }

    private func countKeyUpdates() {
        // SAFETY: the session calls back while it works, which it does in our own calls alone.
        apus_ssl_set_message_argument(self.raw, Unmanaged.passUnretained(self).toOpaque())
        SSL_set_msg_callback(self.raw) { isSent, _, kind, bytes, count, _, session in
            guard isSent == 0, kind == SSL3_RT_HANDSHAKE, count > 0, let bytes, let session else { return }
            guard bytes.load(as: UInt8.self) == UInt8(SSL3_MT_KEY_UPDATE) else { return }
            Unmanaged<TLSSession>.fromOpaque(session).takeUnretainedValue().keyUpdates += 1
        }
    }

    // MARK: The wire

    /// Takes bytes that have arrived.
    func receive(_ bytes: ByteBuffer) throws(TLSError) {
        let count = bytes.readableBytesView.withUnsafeBytes { BIO_write(self.input, $0.baseAddress, Int32($0.count)) }
        guard count == bytes.readableBytes || bytes.readableBytes == 0 else {
            throw TLSError(.failed, "OpenSSL has no memory left")
        }
    }

    /// Appends what is to be sent.
    func takeOutput(into buffer: inout ByteBuffer) {
        let count = BIO_ctrl_pending(self.output)
        guard count > 0 else { return }
        _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
            max(0, Int(BIO_read(self.output, space.baseAddress, Int32(count))))
        }
    }

    // MARK: The handshake

    /// Goes on with the handshake.
    ///
    /// - Returns: `nil` as long as the peer must say more.
    /// - Throws: `TLSError`: the peer is not trusted, is somebody else, or does not speak as we do.
    func handshake() throws(TLSError) -> TLSHandshakeCompleted? {
        OpenSSLFailure.clear()
        let code = SSL_do_handshake(self.raw)
        guard code == 1 else {
            guard SSL_get_error(self.raw, code) != SSL_ERROR_WANT_READ else { return nil }
            throw self.failure()
        }
        let peer = SSL_get1_peer_certificate(self.raw).map { TLSPeer(Certificate(taking: $0)) }
        if case .member(let expected) = self.expectation, peer?.identity != expected {
            let found = peer?.identity?.description ?? "no member of a cluster"
            throw TLSError(.wrongPeer, "expected \(expected) at the other end, found \(found)")
        }
        let applicationProtocol = self.applicationProtocol
        if self.context.configuration.requiresApplicationProtocol, applicationProtocol == nil {
            throw TLSError(
                .nothingInCommon,
                "the peer speaks none of \(self.context.configuration.applicationProtocols.joined(separator: ", "))")
        }
        return TLSHandshakeCompleted(
            version: SSL_version(self.raw) == TLS1_3_VERSION ? .tls13 : .tls12,
            applicationProtocol: applicationProtocol, peer: peer)
    }

    private var applicationProtocol: String? {
        var start: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(self.raw, &start, &count)
        guard let start, count > 0 else { return nil }
        return String(decoding: UnsafeBufferPointer(start: start, count: Int(count)), as: UTF8.self)
    }

    // MARK: What is said

    private static let leastSpace = 256

    /// Appends what the peer has said.
    func decrypt(into buffer: inout ByteBuffer) throws(TLSError) -> Reading {
        while true {
            OpenSSLFailure.clear()
            var count = 0
            var code: Int32 = 0
            // What is said is never longer than what arrived; where less than a whole record fits, the rest follows.
            let space = max(BIO_ctrl_pending(self.input), Self.leastSpace)
            _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: space) { space in
                code = SSL_read_ex(self.raw, space.baseAddress, space.count, &count)
                return code == 1 ? count : 0
            }
            guard self.keyUpdates <= self.limits.keyUpdates else {
                throw TLSError(
                    .limitExceeded, "the peer asked for new keys more than \(self.limits.keyUpdates) times")
            }
            if code == 1 { continue }
            switch SSL_get_error(self.raw, code) {
            case SSL_ERROR_WANT_READ: return .drained
            case SSL_ERROR_ZERO_RETURN: return .ended
            default: throw self.failure()
            }
        }
    }

    /// Encrypts bytes: `takeOutput` has them.
    func encrypt(_ bytes: ByteBufferView) throws(TLSError) {
        guard !bytes.isEmpty else { return }
        OpenSSLFailure.clear()
        var count = 0
        let code = bytes.withUnsafeBytes { SSL_write_ex(self.raw, $0.baseAddress, $0.count, &count) }
        guard code == 1, count == bytes.count else { throw self.failure() }
    }

    /// Tells the peer that nothing will follow.
    func end() {
        OpenSSLFailure.clear()
        SSL_shutdown(self.raw)
        OpenSSLFailure.clear()
    }

    // MARK: Failure

    static let plainHTTP = TLSError(.protocolViolation, "the peer speaks plain HTTP where TLS is spoken")

    private func failure() -> TLSError {
        let failure = OpenSSLFailure.take()
        guard failure.isOfTLS else { return TLSError(.protocolViolation, "the TLS connection broke: \(failure.text)") }
        switch failure.reason {
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
            let verdict = String(cString: X509_verify_cert_error_string(SSL_get_verify_result(self.raw)))
            return TLSError(.untrustedPeer, "the peer's certificate is not accepted: \(verdict)")
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            return TLSError(.untrustedPeer, "the peer showed no certificate")
        case SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST:
            return Self.plainHTTP
        case SSL_R_WRONG_VERSION_NUMBER:
            return TLSError(.protocolViolation, "the peer does not speak TLS")
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_NO_PROTOCOLS_AVAILABLE:
            let least = self.context.configuration.minimumVersion.rawValue
            return TLSError(.nothingInCommon, "the peer speaks no TLS from version \(least) on")
        case SSL_R_CALLBACK_FAILED, SSL_R_NO_APPLICATION_PROTOCOL:
            let names = self.context.configuration.applicationProtocols.joined(separator: ", ")
            return TLSError(.nothingInCommon, "the peer speaks none of \(names)")
        case SSL_R_NO_SHARED_CIPHER, SSL_R_NO_SUITABLE_KEY_SHARE, SSL_R_NO_SUITABLE_GROUPS:
            return TLSError(.nothingInCommon, "the peer has no cipher in common with us: \(failure.text)")
        case SSL_AD_REASON_OFFSET...(SSL_AD_REASON_OFFSET + 255):
            return TLSError(.refusedByPeer, "the peer ended the connection: \(failure.text)")
        default:
            return TLSError(.protocolViolation, "the peer breaks the rules of TLS: \(failure.text)")
        }
    }
}
