import COpenSSL

/// A private key: the one place that holds OpenSSL's pointer to it.
package final class PrivateKey: Sendable {
    // SAFETY: never changed after it was made; OpenSSL counts references with atomics, and reading is free of races.
    nonisolated(unsafe) let raw: OpaquePointer

    private static let headerBytes = 200

    private init(taking raw: OpaquePointer) { self.raw = raw }

    deinit { EVP_PKEY_free(self.raw) }

    /// A new key on the curve P-256.
    package static func generate() throws(TLSError) -> PrivateKey {
        OpenSSLFailure.clear()
        guard let raw = apus_generate_p256_key() else {
            throw TLSError(.failed, "OpenSSL cannot make a key: \(OpenSSLFailure.take().text)")
        }
        return PrivateKey(taking: raw)
    }

    /// The first key of a PEM text.
    ///
    /// - Throws: `TLSError` for what is unreadable, no key, or locked by a passphrase.
    package init(_ material: TLSMaterial) throws(TLSError) {
        let text = try material.read()
        let raw: OpaquePointer? = try PEM.reading(text) { source throws(TLSError) in
            OpenSSLFailure.clear()
            // No passphrase: without this, OpenSSL would ask for one on the terminal.
            return PEM_read_bio_PrivateKey(source, nil, { _, _, _, _ in 0 }, nil)
        }
        guard let raw else {
            let failure = OpenSSLFailure.take()
            // Both forms of a locked key say so in their first lines.
            let isLocked = String(decoding: text.prefix(Self.headerBytes), as: UTF8.self).contains("ENCRYPTED")
            throw TLSError(
                .malformed,
                isLocked
                    ? "the key in \(material) is locked by a passphrase: unlock it with `openssl pkey -in … -out …`"
                    : "\(material) holds no private key in PEM form: \(failure.text)")
        }
        self.raw = raw
    }

    /// PKCS #8, without a passphrase.
    package func pem() throws(TLSError) -> [UInt8] {
        try PEM.writing { PEM_write_bio_PKCS8PrivateKey($0, self.raw, nil, nil, 0, nil, nil) }
    }
}
