import COpenSSL

/// A key, or the public half of one: what a certificate is made out to.
protocol KeyHolder: Sendable {
    var raw: OpaquePointer { get }
}

/// A private key: the one place that holds OpenSSL's pointer to it.
package final class PrivateKey: KeyHolder {
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

    /// The public half, which anybody may see.
    package func publicPEM() throws(TLSError) -> [UInt8] {
        try PEM.writing { PEM_write_bio_PUBKEY($0, self.raw) }
    }
}

/// The public half of somebody else's key.
package final class PublicKey: KeyHolder {
    // SAFETY: never changed after it was made; OpenSSL counts references with atomics, and reading is free of races.
    nonisolated(unsafe) let raw: OpaquePointer

    /// In bits of a symmetric cipher, as P-256 has.
    private static let leastStrength: Int32 = 128

    /// - Throws: `TLSError.malformed` for what is no key, or a weak one.
    package init(pem: [UInt8]) throws(TLSError) {
        let raw: OpaquePointer? = try PEM.reading(pem) { source throws(TLSError) in
            OpenSSLFailure.clear()
            return PEM_read_bio_PUBKEY(source, nil, nil, nil)
        }
        guard let raw else {
            throw TLSError(.malformed, "no public key in PEM form: \(OpenSSLFailure.take().text)")
        }
        self.raw = raw
        guard EVP_PKEY_get_security_bits(raw) >= Self.leastStrength else {
            throw TLSError(.malformed, "the key is weaker than P-256")
        }
    }

    /// Takes over one reference.
    init(taking raw: OpaquePointer) { self.raw = raw }

    deinit { EVP_PKEY_free(self.raw) }
}
