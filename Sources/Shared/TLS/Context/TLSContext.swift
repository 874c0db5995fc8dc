import COpenSSL

/// What all connections of one configuration share: certificate, key and trust, loaded and checked.
///
/// It never changes: new files make a new context (`TLSContextHolder`), and old connections keep theirs.
package final class TLSContext: Sendable {
    // SAFETY: changed in `init` alone; from then on OpenSSL itself makes sessions from it on any thread.
    nonisolated(unsafe) let raw: OpaquePointer
    package let configuration: TLSConfiguration
    /// When our certificate expires; `nil`: we have none.
    package let notAfter: CertificateDate?

    /// Reads the files and checks that they can work.
    ///
    /// - Throws: `TLSError`: unreadable, malformed, expired or not yet valid, or a key of another certificate.
    package init(_ configuration: TLSConfiguration, now: CertificateDate = .now()) throws(TLSError) {
        guard let raw = SSL_CTX_new(configuration.role == .server ? TLS_server_method() : TLS_client_method()) else {
            throw TLSError(.failed, "OpenSSL has no memory left")
        }
        self.raw = raw
        self.configuration = configuration
        do {
            self.notAfter = try TLSContextSetup(raw, configuration, now).perform()
        } catch {
            SSL_CTX_free(raw)
            throw error
        }
        self.setCallbacks()
    }

    deinit { SSL_CTX_free(self.raw) }

    // MARK: Application protocols

    private func setCallbacks() {
        guard self.configuration.role == .server, !self.configuration.applicationProtocols.isEmpty else { return }
        // SAFETY: a session keeps its context for as long as it lives, and callbacks come from sessions alone.
        let argument = Unmanaged.passUnretained(self).toOpaque()
        SSL_CTX_set_alpn_select_cb(
            self.raw,
            { _, chosen, chosenLength, offered, offeredLength, argument in
                guard let chosen, let chosenLength, let offered, let argument else { return SSL_TLSEXT_ERR_ALERT_FATAL }
                let context = Unmanaged<TLSContext>.fromOpaque(argument).takeUnretainedValue()
                let bytes = UnsafeBufferPointer(start: offered, count: Int(offeredLength))
                guard let range = context.choose(bytes) else { return SSL_TLSEXT_ERR_ALERT_FATAL }
                chosen.pointee = offered + range.lowerBound
                chosenLength.pointee = UInt8(range.count)
                return SSL_TLSEXT_ERR_OK
            }, argument)
        guard self.configuration.requiresApplicationProtocol else { return }
        // The callback above is not called for a peer that offers nothing.
        SSL_CTX_set_client_hello_cb(
            self.raw,
            { session, alert, _ in
                var start: UnsafePointer<UInt8>?
                var count = 0
                let kind = UInt32(TLSEXT_TYPE_application_layer_protocol_negotiation)
                if SSL_client_hello_get0_ext(session, kind, &start, &count) == 1 { return SSL_CLIENT_HELLO_SUCCESS }
                alert?.pointee = SSL_AD_NO_APPLICATION_PROTOCOL
                return SSL_CLIENT_HELLO_ERROR
            }, nil)
    }

    /// Where the best protocol that both sides speak stands in the peer's offer: names, each behind its length.
    private func choose(_ offered: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        var ranges: [Range<Int>] = []
        var place = 0
        while place < offered.count {
            let start = place + 1
            let end = start + Int(offered[place])
            guard end <= offered.count else { return nil }
            ranges.append(start..<end)
            place = end
        }
        for name in self.configuration.applicationProtocols {
            if let range = ranges.first(where: { offered[$0].elementsEqual(name.utf8) }) { return range }
        }
        return nil
    }
}
