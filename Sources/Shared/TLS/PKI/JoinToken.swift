import COpenSSL

/// What a member shows once to get its certificate: `ID.SECRET.AUTHORITY`, each in hexadecimal digits.
///
/// The secret is never sent. Whoever asks proves with it that it has it, and the third part is the fingerprint of the
/// authority's certificate, by which the answer is known to be true. So it needs no connection that is secure.
package struct JoinToken: Sendable, Hashable, CustomStringConvertible {
    static let idBytes = 8
    static let secretBytes = 32

    package let id: String
    let secret: [UInt8]
    /// The fingerprint of the authority's certificate.
    package let authority: String

    init(id: String, secret: [UInt8], authority: String) {
        self.id = id
        self.secret = secret
        self.authority = authority
    }

    static func random(authority: Certificate) throws(TLSError) -> JoinToken {
        var bytes = [UInt8](repeating: 0, count: self.idBytes + self.secretBytes)
        guard RAND_bytes(&bytes, Int32(bytes.count)) == 1 else {
            throw TLSError(.failed, "OpenSSL has no random numbers: \(OpenSSLFailure.take().text)")
        }
        return JoinToken(
            id: Hexadecimal.text(bytes.prefix(self.idBytes)), secret: Array(bytes.dropFirst(self.idBytes)),
            authority: authority.fingerprint)
    }

    /// `nil` for what is no such text.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let id = Hexadecimal.bytes(parts[0]), id.count == Self.idBytes,
            let secret = Hexadecimal.bytes(parts[1]), secret.count == Self.secretBytes,
            let authority = Hexadecimal.bytes(parts[2]), authority.count == 32
        else { return nil }
        self.init(id: String(parts[0]), secret: secret, authority: String(parts[2]))
    }

    package var description: String { "\(self.id).\(Hexadecimal.text(self.secret)).\(self.authority)" }

    /// Asks for a certificate for a key.
    package func request(_ identity: ServiceIdentity, key: PrivateKey) throws(TLSError) -> JoinRequest {
        var request = JoinRequest(
            token: self.id, identity: identity.description, key: String(decoding: try key.publicPEM(), as: UTF8.self))
        request.proof = request.proof(with: self.secret)
        return request
    }

    /// Checks that an answer is the authority's, and for us.
    ///
    /// - Throws: `TLSError.untrustedPeer` where it is not.
    package func check(_ answer: JoinAnswer, identity: ServiceIdentity, key: PrivateKey) throws(TLSError) {
        guard let authority = try Certificate.all(in: .bytes(Array(answer.authority.utf8))).first,
            authority.fingerprint == self.authority
        else { throw JoinAnswer.foreign("its authority is not the one of the join token") }
        guard let certificate = try Certificate.all(in: .bytes(Array(answer.certificate.utf8))).first,
            certificate.isIssued(by: authority)
        else { throw JoinAnswer.foreign("the certificate is not of that authority") }
        guard certificate.belongs(to: key), certificate.names.uris == [identity.description] else {
            throw JoinAnswer.foreign("the certificate is not for \(identity) and its key")
        }
    }
}

/// A member's wish for a certificate.
package struct JoinRequest: Sendable, Hashable {
    /// The token's id.
    package var token: String
    /// `apus://runner/r-7`.
    package var identity: String
    /// The member's public key, PEM.
    package var key: String
    /// Shows that whoever has the token's secret has said all this.
    package var proof = ""

    package init(token: String, identity: String, key: String, proof: String = "") {
        self.token = token
        self.identity = identity
        self.key = key
        self.proof = proof
    }

    func proof(with secret: [UInt8]) -> String {
        let message = Array("apus-join-1\n\(self.token)\n\(self.identity)\n\(self.key)".utf8)
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard HMAC(EVP_sha256(), secret, Int32(secret.count), message, message.count, &digest, &count) != nil else {
            return ""
        }
        return Hexadecimal.text(digest.prefix(Int(count)))
    }

    /// Whether the proof is right; takes as long for a wrong one.
    func isProven(by secret: [UInt8]) -> Bool {
        let expected = Array(self.proof(with: secret).utf8)
        let given = Array(self.proof.utf8)
        return !expected.isEmpty && given.count == expected.count
            && CRYPTO_memcmp(expected, given, expected.count) == 0
    }
}

/// What a member that joins is given, PEM.
package struct JoinAnswer: Sendable, Hashable {
    package var certificate: String
    /// The authority's certificate.
    package var authority: String
    /// What the authority has taken back.
    package var revocations: String

    package init(certificate: String, authority: String, revocations: String) {
        self.certificate = certificate
        self.authority = authority
        self.revocations = revocations
    }
}
