import COpenSSL

/// A certificate: the one place that holds OpenSSL's pointer to it.
package final class Certificate: Sendable {
    // SAFETY: never changed after it was signed or read; OpenSSL counts references with atomics, and what it caches
    // of a certificate it guards with a lock.
    nonisolated(unsafe) let raw: OpaquePointer

    /// Takes over one reference.
    init(taking raw: OpaquePointer) { self.raw = raw }

    deinit { X509_free(self.raw) }

    /// All certificates of a PEM text, in their order.
    ///
    /// - Throws: `TLSError.unreadable` or `.malformed`.
    package static func all(in material: TLSMaterial) throws(TLSError) -> [Certificate] {
        try PEM.blocks(try material.read(), of: "certificate", in: material.description) { source in
            PEM_read_bio_X509(source, nil, nil, nil).map { Certificate(taking: $0) }
        }
    }

    package func pem() throws(TLSError) -> [UInt8] { try PEM.writing { PEM_write_bio_X509($0, self.raw) } }

    package var notBefore: CertificateDate? { CertificateDate(X509_get0_notBefore(self.raw)) }
    package var notAfter: CertificateDate? { CertificateDate(X509_get0_notAfter(self.raw)) }

    /// The serial number in hexadecimal digits, as `openssl x509 -serial` prints it.
    package var serial: String { SerialNumber.text(X509_get0_serialNumber(self.raw)) }

    /// The common name of its subject; empty where it has none.
    package var commonName: String {
        let subject = X509_get_subject_name(self.raw)
        let place = X509_NAME_get_index_by_NID(subject, NID_commonName, -1)
        guard place >= 0, let entry = X509_NAME_get_entry(subject, place) else { return "" }
        return Self.text(X509_NAME_ENTRY_get_data(entry)) ?? ""
    }

    /// The names that it is valid for.
    package var names: SubjectNames {
        var names = SubjectNames()
        guard let list = X509_get_ext_d2i(self.raw, NID_subject_alt_name, nil, nil) else { return names }
        let general = OpaquePointer(list)
        defer { GENERAL_NAMES_free(general) }
        for place in 0..<apus_general_names_count(general) {
            guard let name = apus_general_names_at(general, place) else { continue }
            var kind: Int32 = 0
            let value = GENERAL_NAME_get0_value(name, &kind)?.assumingMemoryBound(to: ASN1_STRING.self)
            switch kind {
            case GEN_DNS: names.dns += Self.text(value).map { [$0] } ?? []
            case GEN_URI: names.uris += Self.text(value).map { [$0] } ?? []
            case GEN_IPADD: names.addresses += Self.address(value).map { [$0] } ?? []
            default: break
            }
        }
        return names
    }

    /// Its SHA-256, in hexadecimal digits: nobody makes another certificate that has it.
    package var fingerprint: String {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard X509_digest(self.raw, EVP_sha256(), &digest, &count) == 1 else { return "" }
        return Hexadecimal.text(digest.prefix(Int(count)))
    }

    package func belongs(to key: PrivateKey) -> Bool {
        defer { OpenSSLFailure.clear() }
        return X509_check_private_key(self.raw, key.raw) == 1
    }

    /// - Throws: `TLSError.malformed` for a key that OpenSSL does not know.
    func publicKey() throws(TLSError) -> PublicKey {
        OpenSSLFailure.clear()
        guard let key = X509_get_pubkey(self.raw) else {
            throw TLSError(.malformed, "the certificate's key cannot be read: \(OpenSSLFailure.take().text)")
        }
        return PublicKey(taking: key)
    }

    func hasKey(of other: Certificate) -> Bool {
        defer { OpenSSLFailure.clear() }
        guard let mine = X509_get0_pubkey(self.raw), let theirs = X509_get0_pubkey(other.raw) else { return false }
        return EVP_PKEY_eq(mine, theirs) == 1
    }

    /// Whether this authority signed it.
    package func isIssued(by authority: Certificate) -> Bool {
        defer { OpenSSLFailure.clear() }
        guard let key = X509_get0_pubkey(authority.raw) else { return false }
        return X509_verify(self.raw, key) == 1
    }

    /// - Throws: `TLSError.expired` or `.notYetValid`, with the file's name and what to do.
    package func checkDates(at now: CertificateDate, from name: String) throws(TLSError) {
        guard let notBefore = self.notBefore, let notAfter = self.notAfter else {
            throw TLSError(.malformed, "the certificate in \(name) has no readable dates")
        }
        guard now <= notAfter else {
            throw TLSError(.expired, "the certificate in \(name) expired at \(notAfter): put a new one in its place")
        }
        guard now >= notBefore else {
            throw TLSError(
                .notYetValid,
                "the certificate in \(name) is valid from \(notBefore), and it is \(now) now: is the clock right?")
        }
    }

    /// Text without a NUL and of ASCII alone: anything else could be taken for another name.
    private static func text(_ string: UnsafePointer<ASN1_STRING>?) -> String? {
        guard let string, let start = ASN1_STRING_get0_data(string) else { return nil }
        let bytes = UnsafeBufferPointer(start: start, count: Int(ASN1_STRING_length(string)))
        guard bytes.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func address(_ string: UnsafePointer<ASN1_STRING>?) -> String? {
        guard let string, let start = ASN1_STRING_get0_data(string) else { return nil }
        return IPAddress.text(Array(UnsafeBufferPointer(start: start, count: Int(ASN1_STRING_length(string)))))
    }
}

/// The names that a certificate is valid for.
package struct SubjectNames: Hashable, Sendable {
    package var dns: [String] = []
    package var addresses: [String] = []
    package var uris: [String] = []

    package init() {}
}
