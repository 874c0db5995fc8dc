import Foundation
import TLS
import Testing

@Suite struct AuthorityFolderTests {
    private func rights(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    private func failure(_ body: () throws -> Void) -> TLSError? {
        do {
            try body()
            return nil
        } catch {
            return error as? TLSError
        }
    }

    @Test("an authority's files are its owner's alone, and openssl finds them good")
    func files() throws {
        try TemporaryFolder.with { parent in
            let files = AuthorityFolder("\(parent)/pki")
            try files.create(name: "test", now: .now())
            let identity = try #require(ServiceIdentity(role: .runner, member: "r-1"))
            let issued = try files.issue(
                CertificateRequest(identity, hosts: ["r-1.example", "10.0.0.1", "fd00::1"]), name: "r-1",
                into: "\(parent)/out", now: .now())
            #expect(try self.rights("\(parent)/pki") == 0o700 && self.rights("\(parent)/out") == 0o700)
            for path in [files.certificatePath, files.keyPath, files.revocationsPath, issued.keyPath] {
                #expect(try self.rights(path) == 0o600, "\(path)")
            }
            let verified = try Command.run([
                "openssl", "verify", "-x509_strict", "-crl_check", "-CAfile", files.certificatePath,
                "-CRLfile", files.revocationsPath, issued.certificatePath,
            ])
            #expect(verified.exitCode == 0, "\(verified.output)")
            let text = try Command.run(["openssl", "x509", "-noout", "-text", "-in", issued.certificatePath]).output
            for part in [
                "URI:apus://runner/r-1", "DNS:r-1.example", "IP Address:10.0.0.1", "IP Address:FD00:0:0:0:0:0:0:1",
                "TLS Web Server Authentication, TLS Web Client Authentication", "CA:FALSE", "Digital Signature",
                "ASN1 OID: prime256v1",
            ] { #expect(text.contains(part), "\(part) in \(text)") }
        }
    }

    @Test("an authority is not overwritten unless it is asked for")
    func overwriting() throws {
        try TemporaryFolder.with { folder in
            let files = AuthorityFolder(folder)
            let first = try files.create(name: "test", now: .now()).certificate.serial
            let refused = self.failure { try files.create(name: "test", now: .now()) }
            #expect(refused?.code == .exists && refused?.message.contains("--force") == true)
            let kept = try files.open().certificate.serial
            #expect(kept == first)
            let second = try files.create(name: "test", replacing: true, now: .now()).certificate.serial
            #expect(second != first)
        }
    }

    @Test("a member's certificate is not overwritten unless it is asked for")
    func overwritingMember() throws {
        try TemporaryFolder.with { folder in
            let files = AuthorityFolder(folder)
            try files.create(name: "test", now: .now())
            let request = CertificateRequest(try #require(ServiceIdentity(role: .runner, member: "r-1")))
            let first = try files.issue(request, name: "r-1", into: folder, now: .now()).certificate.serial
            let refused = self.failure { _ = try files.issue(request, name: "r-1", into: folder, now: .now()) }
            #expect(refused?.code == .exists && refused?.message.contains("--force") == true)
            let second = try files.issue(request, name: "r-1", into: folder, replacing: true, now: .now())
            #expect(second.certificate.serial != first)
        }
    }

    @Test("a folder that others enter is no place for an authority, and keeps its rights")
    func openFolder() throws {
        try TemporaryFolder.with { folder in
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
            let error = self.failure { try AuthorityFolder(folder).create(name: "test", now: .now()) }
            #expect(error?.code == .unwritable && error?.message.contains("chmod 700") == true)
            #expect(try self.rights(folder) == 0o755)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }

    @Test("the authority's own key is never overwritten by a member's")
    func ownKey() throws {
        try TemporaryFolder.with { folder in
            let files = AuthorityFolder(folder)
            try files.create(name: "test", now: .now())
            let identity = try #require(ServiceIdentity(role: .runner, member: "ca"))
            let error = self.failure {
                _ = try files.issue(
                    CertificateRequest(identity), name: "ca", into: folder, replacing: true, now: .now())
            }
            #expect(error?.code == .invalidSetting)
            _ = try files.open()
        }
    }

    @Test("revocations add up, each once, and openssl refuses what was taken back")
    func revocation() throws {
        try TemporaryFolder.with { folder in
            let files = AuthorityFolder(folder)
            try files.create(name: "test", now: .now())
            var serials: [String] = []
            for member in ["a", "b", "c"] {
                let identity = try #require(ServiceIdentity(role: .runner, member: member))
                let issued = try files.issue(CertificateRequest(identity), name: member, into: folder, now: .now())
                serials.append(issued.certificate.serial)
            }
            #expect(Set(serials).count == 3)
            #expect(try files.revoke([serials[0]], now: .now()) == [serials[0]])
            #expect(Set(try files.revoke([serials[1].lowercased(), serials[0]], now: .now())) == Set(serials[..<2]))
            #expect(self.failure { try files.revoke(["not a number"], now: .now()) }?.code == .invalidSetting)
            for (member, isGood) in [("a", false), ("b", false), ("c", true)] {
                let result = try Command.run([
                    "openssl", "verify", "-crl_check", "-CAfile", files.certificatePath, "-CRLfile",
                    files.revocationsPath, "\(folder)/\(member).crt",
                ])
                #expect((result.exitCode == 0) == isGood, "\(result.output)")
                #expect(isGood || result.output.contains("certificate revoked"))
            }
        }
    }

    @Test("a certificate ends no later than its authority")
    func lifetime() throws {
        let now = CertificateDate(seconds: 1_800_000_000)
        let authority = try CertificateAuthority.create(name: "short", lifetime: .seconds(3600), now: now)
        let identity = try #require(ServiceIdentity(role: .runner, member: "r"))
        let issued = try authority.issue(CertificateRequest(identity), now: now)
        #expect(issued.certificate.notAfter == now + .seconds(3600))
        #expect(issued.certificate.isIssued(by: authority.certificate))
        let late = self.failure { _ = try authority.issue(CertificateRequest(identity), now: now + .seconds(3601)) }
        #expect(late?.code == .expired)
    }

    @Test(
        "names that no certificate can say are refused",
        arguments: ["", "a b", "-a", "a..b", "*", "a.*.b", "a\nb", "DNS:x,URI:y", "ü.example", "1.2.3.4.5:80"])
    func badNames(_ name: String) throws {
        let now = CertificateDate.now()
        let authority = try CertificateAuthority.create(name: "test", now: now)
        let identity = try #require(ServiceIdentity(role: .runner, member: "r"))
        let error = self.failure {
            _ = try authority.issue(CertificateRequest(identity, hosts: [name]), now: now)
        }
        #expect(error?.code == .invalidSetting)
        #expect(error?.message.contains("\"\(name)\"") == true)
    }

    @Test("a member's name is plain, and its URI says it and its role")
    func identities() {
        #expect(ServiceIdentity(role: .scheduler, member: "s-0")?.description == "apus://scheduler/s-0")
        for member in ["", "a/b", "..", "ü", String(repeating: "a", count: 64)] {
            #expect(ServiceIdentity(role: .scheduler, member: member) == nil)
        }
        for uri in [
            "apus://scheduler", "apus://king/a", "apus://scheduler/a/b", "http://scheduler/a", "apus://scheduler/",
        ] {
            #expect(ServiceIdentity(uri: uri) == nil)
        }
        #expect(ServiceIdentity(uri: "apus://admin/me") == ServiceIdentity(role: .admin, member: "me"))
    }
}

@Suite struct SelfSignedFilesTests {
    @Test("a self-signed certificate is kept, and made anew when it ends soon or a host is missing")
    func renewal() throws {
        try TemporaryFolder.with { folder in
            let files = SelfSignedFiles(folder: "\(folder)/tls")
            let now = CertificateDate.now()
            #expect(try files.ensure(hosts: ["localhost"], now: now))
            #expect(try !files.ensure(hosts: ["localhost"], now: now + .seconds(300 * 86_400)))
            #expect(try files.ensure(hosts: ["localhost", "127.0.0.1"], now: now))
            #expect(try !files.ensure(hosts: ["localhost"], now: now))
            #expect(try files.ensure(hosts: ["localhost"], now: now + .seconds(368 * 86_400)))
            try "broken".write(toFile: files.keyPath, atomically: true, encoding: .utf8)
            #expect(try files.ensure(hosts: ["localhost"], now: now))
        }
    }
}
