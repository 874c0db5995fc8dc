import Glibc

/// Makes join tokens, and gives each of them a certificate once.
///
/// The tokens lie in the authority's folder, a file for each, which its owner alone may read. Giving one a certificate
/// renames its file: of any number of processes that try, one succeeds.
package struct JoinDesk: Sendable {
    package static let tokenLifetime: Duration = .seconds(3600)
    /// How long it is remembered what became of a token.
    private static let memory: Duration = .seconds(30 * 86_400)
    private static let usedSuffix = ".used"

    let authority: AuthorityFolder

    package init(_ authority: AuthorityFolder) { self.authority = authority }

    private var folder: String { "\(self.authority.path)/tokens" }

    /// Makes a token by which this member gets a certificate once.
    ///
    /// - Parameters:
    ///   - hosts: Where the member is reached; they are in its certificate.
    ///   - lifetime: How long the token may be used.
    ///   - certificateLifetime: How long the certificate is valid.
    package func token(
        for identity: ServiceIdentity, hosts: [String], lifetime: Duration = JoinDesk.tokenLifetime,
        certificateLifetime: Duration = CertificateRequest.memberLifetime, now: CertificateDate
    ) throws(TLSError) -> JoinToken {
        try CertificateRequest(identity, hosts: hosts, lifetime: certificateLifetime).check()
        let token = try JoinToken.random(authority: try self.authority.open().certificate)
        try SecretFile.makeFolder(self.folder)
        try self.forgetOld(now)
        let record = Record(
            secret: token.secret, identity: identity, end: now + lifetime,
            certificateLifetime: certificateLifetime, hosts: hosts)
        try SecretFile.write(Array(record.text.utf8), to: "\(self.folder)/\(token.id)")
        return token
    }

    /// Gives whoever has a token's secret the certificate that the token is for.
    ///
    /// - Throws: `TLSError.refusedToken` for a token that is unknown, used, too old or for another member.
    package func admit(_ request: JoinRequest, now: CertificateDate) throws(TLSError) -> JoinAnswer {
        guard Hexadecimal.bytes(request.token)?.count == JoinToken.idBytes else {
            throw Self.refused("is none")
        }
        let path = "\(self.folder)/\(request.token)"
        guard let record = try Self.record(path), request.isProven(by: record.secret) else {
            throw Self.refused("is wrong, or unknown to this authority")
        }
        guard request.identity == record.identity.description else {
            throw TLSError(
                .refusedToken,
                "the join token is for \(record.identity), not for \(request.identity): start that member")
        }
        if let usedAt = record.usedAt { throw Self.refused("was used at \(usedAt)") }
        guard now < record.end else { throw Self.refused("expired at \(record.end)") }
        let authority = try self.authority.open()
        let certificate = try authority.issue(
            CertificateRequest(record.identity, hosts: record.hosts, lifetime: record.certificateLifetime),
            for: PublicKey(pem: Array(request.key.utf8)), now: now)
        let answer = try self.answer(certificate, of: authority)
        // Whoever renames it has used it.
        guard rename(path, path + Self.usedSuffix) == 0 else { throw Self.refused("was used a moment ago") }
        var used = record
        used.usedAt = now
        try SecretFile.write(Array(used.text.utf8), to: path + Self.usedSuffix)
        return answer
    }

    /// What is known of a token, whether it was used or not.
    private static func record(_ path: String) throws(TLSError) -> Record? {
        if let unused = try Record(path) { return unused }
        return try Record(path + self.usedSuffix)
    }

    private static func refused(_ what: String) -> TLSError {
        TLSError(.refusedToken, "the join token \(what): make one with `apus pki token NAME` where the authority is")
    }

    private func forgetOld(_ now: CertificateDate) throws(TLSError) {
        guard let folder = opendir(self.folder) else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard !name.hasPrefix("."), let record = try Record("\(self.folder)/\(name)") else { continue }
            if record.end + Self.memory < now { unlink("\(self.folder)/\(name)") }
        }
    }
}

/// What is known of a token: a word and its value in each line.
private struct Record {
    var secret: [UInt8]
    var identity: ServiceIdentity
    /// When it can no longer be used.
    var end: CertificateDate
    var certificateLifetime: Duration
    var hosts: [String]
    var usedAt: CertificateDate?

    init(
        secret: [UInt8], identity: ServiceIdentity, end: CertificateDate, certificateLifetime: Duration,
        hosts: [String]
    ) {
        self.secret = secret
        self.identity = identity
        self.end = end
        self.certificateLifetime = certificateLifetime
        self.hosts = hosts
    }

    /// `nil` where there is no such file.
    init?(_ path: String) throws(TLSError) {
        guard SecretFile.exists(path) else { return nil }
        var values: [Substring: [String]] = [:]
        for line in String(decoding: try TLSMaterial.file(path).read(), as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            if parts.count == 2 { values[parts[0], default: []].append(String(parts[1])) }
        }
        func seconds(_ name: Substring) -> Int? { values[name]?.first.flatMap { Int($0) } }
        guard let secret = values["secret"]?.first.flatMap({ Hexadecimal.bytes($0) }), !secret.isEmpty,
            let identity = values["identity"]?.first.flatMap({ ServiceIdentity(uri: $0) }), let end = seconds("end"),
            let lifetime = seconds("lifetime")
        else { throw TLSError(.malformed, "\(path) holds no join token: remove it") }
        self.init(
            secret: secret, identity: identity, end: CertificateDate(seconds: end),
            certificateLifetime: .seconds(lifetime), hosts: values["host"] ?? [])
        self.usedAt = seconds("used").map { CertificateDate(seconds: $0) }
        // It was renamed by somebody who died before that was written down.
        if path.hasSuffix(".used"), self.usedAt == nil { self.usedAt = self.end }
    }

    var text: String {
        var lines = [
            "secret \(Hexadecimal.text(self.secret))", "identity \(self.identity)", "end \(self.end.seconds)",
            "lifetime \(self.certificateLifetime.components.seconds)",
        ]
        lines += self.hosts.map { "host \($0)" }
        if let usedAt { lines.append("used \(usedAt.seconds)") }
        return lines.map { "\($0)\n" }.joined()
    }
}
