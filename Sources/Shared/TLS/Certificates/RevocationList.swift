import COpenSSL

/// The certificates that an authority has taken back: the one place that holds OpenSSL's pointer to such a list.
package final class RevocationList: Sendable {
    // SAFETY: never changed after it was signed or read; OpenSSL counts references with atomics.
    nonisolated(unsafe) let raw: OpaquePointer

    /// Takes over one reference.
    init(taking raw: OpaquePointer) { self.raw = raw }

    deinit { X509_CRL_free(self.raw) }

    /// - Throws: `TLSError.unreadable` or `.malformed`.
    package static func all(in material: TLSMaterial) throws(TLSError) -> [RevocationList] {
        try PEM.blocks(try material.read(), of: "revocation list", in: material.description) { source in
            PEM_read_bio_X509_CRL(source, nil, nil, nil).map { RevocationList(taking: $0) }
        }
    }

    package func pem() throws(TLSError) -> [UInt8] { try PEM.writing { PEM_write_bio_X509_CRL($0, self.raw) } }

    /// The serial numbers on it, in hexadecimal digits.
    package var serials: [String] {
        (0..<apus_revoked_count(self.raw)).map {
            SerialNumber.text(X509_REVOKED_get0_serialNumber(apus_revoked_at(self.raw, $0)))
        }
    }

    package var validUntil: CertificateDate? { CertificateDate(X509_CRL_get0_nextUpdate(self.raw)) }

    /// - Throws: `TLSError.expired`: with an old list every peer would be refused.
    func checkDates(at now: CertificateDate, from name: String) throws(TLSError) {
        guard let end = self.validUntil, end < now else { return }
        throw TLSError(.expired, "the revocation list in \(name) expired at \(end): put a new one in its place")
    }
}
