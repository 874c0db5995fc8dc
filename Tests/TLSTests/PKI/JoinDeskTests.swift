import Foundation
import TestSupport
import Testing

@testable import TLS

@Suite("JoinDesk", .timeLimit(.minutes(5)))
struct JoinDeskTests {
    private static let now = CertificateDate(seconds: 1_800_000_000)
    private static let runner = ServiceIdentity(role: .runner, member: "r-7")

    private static func with(_ body: (JoinDesk, ServiceIdentity) throws -> Void) throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let authority = AuthorityFolder(folder.url.appendingPathComponent("pki").path)
        try authority.create(name: "test", now: self.now)
        try body(JoinDesk(authority), try #require(self.runner))
    }

    private static func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "nothing was thrown"
        } catch {
            return "\(error)"
        }
    }

    @Test("a token gives the member that it is for a certificate for the member's own key, once")
    func once() throws {
        try Self.with { desk, identity in
            let made = try desk.token(for: identity, hosts: ["10.0.0.5"], now: Self.now)
            let token = try #require(JoinToken(made.description))
            #expect(token == made)
            let key = try PrivateKey.generate()
            let request = try token.request(identity, key: key)
            let answer = try desk.admit(request, now: Self.now + .seconds(10))
            try token.check(answer, identity: identity, key: key)
            let certificate = try #require(try Certificate.all(in: .bytes(Array(answer.certificate.utf8))).first)
            #expect(certificate.names.addresses == ["10.0.0.5"])
            #expect(certificate.notAfter == Self.now + .seconds(10) + CertificateRequest.memberLifetime)
            #expect(answer.revocations.hasPrefix("-----BEGIN X509 CRL-----"))
            for again in [request, try token.request(identity, key: try PrivateKey.generate())] {
                let message = Self.message { _ = try desk.admit(again, now: Self.now + .seconds(20)) }
                #expect(
                    message == """
                        the join token was used at 2027-01-15T08:00:10Z: make one with `apus pki token NAME` where the \
                        authority is
                        """)
            }
        }
    }

    @Test("of many that use one token at a time, one gets a certificate")
    func race() async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let authority = AuthorityFolder(folder.url.appendingPathComponent("pki").path)
        try authority.create(name: "test", now: Self.now)
        let desk = JoinDesk(authority)
        let identity = try #require(Self.runner)
        let token = try desk.token(for: identity, hosts: [], now: Self.now)
        let count = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    do {
                        _ = try desk.admit(try token.request(identity, key: try PrivateKey.generate()), now: Self.now)
                        return true
                    } catch {
                        return false
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(count == 1)
    }

    @Test("a token that is wrong, too old, or for somebody else is refused, and nothing is used up by that")
    func refusals() throws {
        try Self.with { desk, identity in
            let token = try desk.token(for: identity, hosts: [], lifetime: .seconds(60), now: Self.now)
            let key = try PrivateKey.generate()
            let good = try token.request(identity, key: key)
            let other = JoinToken(id: token.id, secret: [UInt8](repeating: 7, count: 32), authority: token.authority)
            var stranger = good
            stranger.key = String(decoding: try PrivateKey.generate().publicPEM(), as: UTF8.self)
            var unknown = good
            unknown.token = "0011223344556677"
            for request in [try other.request(identity, key: key), stranger, unknown] {
                let message = Self.message { _ = try desk.admit(request, now: Self.now) }
                #expect(message.hasPrefix("the join token is wrong, or unknown to this authority: make one"))
            }
            for id in ["", "../ca.key", "00", token.id.uppercased() + "/"] {
                var request = good
                request.token = id
                #expect(throws: TLSError.self) { try desk.admit(request, now: Self.now) }
            }
            let name = try #require(ServiceIdentity(role: .scheduler, member: "r-7"))
            #expect(
                Self.message { _ = try desk.admit(try token.request(name, key: key), now: Self.now) }
                    == "the join token is for apus://runner/r-7, not for apus://scheduler/r-7: start that member")
            #expect(
                Self.message { _ = try desk.admit(good, now: Self.now + .seconds(60)) }
                    .hasPrefix("the join token expired at 2027-01-15T08:01:00Z: make one"))
            _ = try desk.admit(good, now: Self.now + .seconds(59))
        }
    }

    @Test("an answer that is not the authority's, or for another key, is not trusted")
    func answers() throws {
        try Self.with { desk, identity in
            let token = try desk.token(for: identity, hosts: [], now: Self.now)
            let key = try PrivateKey.generate()
            let answer = try desk.admit(try token.request(identity, key: key), now: Self.now)
            #expect(
                Self.message { try token.check(answer, identity: identity, key: try PrivateKey.generate()) }
                    .contains("is not for apus://runner/r-7 and its key"))
            let foreign = try CertificateAuthority.create(name: "foreign", now: Self.now)
            var other = answer
            other.authority = String(decoding: try foreign.certificate.pem(), as: UTF8.self)
            #expect(
                Self.message { try token.check(other, identity: identity, key: key) }
                    .contains("its authority is not the one of the join token"))
            other = answer
            let issued = try foreign.issue(CertificateRequest(identity), now: Self.now)
            other.certificate = String(decoding: try issued.certificate.pem(), as: UTF8.self)
            #expect(
                Self.message { try token.check(other, identity: identity, key: key) }
                    .contains("the certificate is not of that authority"))
        }
    }

    @Test("a certificate is renewed for the same key, names and time, and again")
    func renewal() throws {
        try Self.with { desk, identity in
            let token = try desk.token(
                for: identity, hosts: ["10.0.0.5", "runner.example"], certificateLifetime: .seconds(900), now: Self.now)
            let key = try PrivateKey.generate()
            var answer = try desk.admit(try token.request(identity, key: key), now: Self.now)
            for renewal in 1...3 {
                let old = try #require(try Certificate.all(in: .bytes(Array(answer.certificate.utf8))).first)
                let due = Self.now + .seconds(600 * renewal)
                #expect(old.renewalDate == due)
                answer = try desk.renew(answer.certificate, now: due)
                let new = try answer.certificate(
                    renewing: old, authorities: .bytes(Array(answer.authority.utf8)))
                #expect(new.belongs(to: key))
                #expect(new.names == old.names)
                #expect(new.serial != old.serial)
                #expect(new.notAfter == due + .seconds(900))
            }
        }
    }

    @Test("no certificate is renewed that has ended, was taken back, or is of another authority")
    func refusedRenewals() throws {
        try Self.with { desk, identity in
            let token = try desk.token(for: identity, hosts: [], now: Self.now)
            let answer = try desk.admit(
                try token.request(identity, key: try PrivateKey.generate()), now: Self.now)
            let end = Self.now + CertificateRequest.memberLifetime
            #expect(
                Self.message { _ = try desk.renew(answer.certificate, now: end) }
                    .hasPrefix("the certificate to renew expired at \(end): make a token with"))
            let foreign = try CertificateAuthority.create(name: "foreign", now: Self.now)
            let issued = try foreign.issue(CertificateRequest(identity), now: Self.now)
            let foreignPEM = String(decoding: try issued.certificate.pem(), as: UTF8.self)
            for text in [foreignPEM, answer.authority] {
                #expect(
                    Self.message { _ = try desk.renew(text, now: Self.now) }
                        .hasPrefix("the certificate to renew is no member's, or of another authority: make"))
            }
            #expect(throws: TLSError.self) { try desk.renew("nonsense", now: Self.now) }
            let first = try #require(try Certificate.all(in: .bytes(Array(answer.certificate.utf8))).first)
            #expect(throws: TLSError.self) {
                var other = answer
                other.certificate = foreignPEM
                _ = try other.certificate(renewing: first, authorities: .bytes(Array(answer.authority.utf8)))
            }
            // Whoever takes the first back means the member, whatever it was renewed by.
            let second = try desk.renew(answer.certificate, now: Self.now)
            let third = try desk.renew(second.certificate, now: Self.now)
            let revoked = try desk.authority.revoke([first.serial], now: Self.now)
            #expect(revoked.count == 3)
            for taken in [answer, second, third] {
                #expect(
                    Self.message { _ = try desk.renew(taken.certificate, now: Self.now) }
                        .hasPrefix("the certificate to renew was taken back: make"))
            }
            // Refused ones were noted before: they are on the list from then on.
            #expect(try desk.authority.revoke([], now: Self.now).count == 6)
        }
    }

    @Test("tokens lie where their owner alone reads them, and are forgotten a month after their end")
    func files() throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let path = folder.url.appendingPathComponent("pki").path
        try AuthorityFolder(path).create(name: "test", now: Self.now)
        let desk = JoinDesk(AuthorityFolder(path))
        let identity = try #require(Self.runner)
        let old = try desk.token(for: identity, hosts: [], now: Self.now)
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/tokens/\(old.id)")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let new = try desk.token(for: identity, hosts: [], now: Self.now + .seconds(40 * 86_400))
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(path)/tokens") == [new.id])
    }

    @Test("what is no token is none", arguments: ["", "a.b.c", "00112233.44.55", "x"])
    func noToken(text: String) { #expect(JoinToken(text) == nil) }
}
