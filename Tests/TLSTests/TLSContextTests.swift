import Foundation
import TLS
import Testing

@Suite struct TLSContextTests {
    private func failure(_ configuration: TLSConfiguration) -> TLSError? {
        do throws(TLSError) {
            _ = try TLSContext(configuration)
            return nil
        } catch {
            return error
        }
    }

    @Test("what is wrong with a file is said with its name and what to do")
    func files() throws {
        try TemporaryFolder.with { folder in
            let authority = try TestAuthority()
            let pair = try authority.pair(.scheduler, "s-0")
            let old = try authority.pair(
                .scheduler, "s-0", at: authority.now - .seconds(86_400), lifetime: .seconds(3600))
            let future = try authority.pair(.scheduler, "s-0", at: authority.now + .seconds(86_400))
            let path = "\(folder)/x.pem"
            func write(_ text: String) throws { try text.write(toFile: path, atomically: true, encoding: .utf8) }
            var good = try authority.configuration(.server, pair)
            #expect(self.failure(good) == nil)

            good.certificate = .file("\(folder)/none.crt")
            #expect(self.failure(good)?.code == .unreadable)
            #expect(self.failure(good)?.message == "cannot read \(folder)/none.crt: No such file or directory")
            good.certificate = .file(path)
            try write("hello")
            #expect(self.failure(good)?.code == .malformed)
            #expect(self.failure(good)?.message.contains("\(path) holds no certificate in PEM form") == true)
            try write("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
            #expect(self.failure(good)?.message.contains("\(path) holds a damaged certificate") == true)
            try write(String(decoding: try old.issued.certificate.pem(), as: UTF8.self))
            #expect(self.failure(good)?.code == .expired)
            try write(String(decoding: try future.issued.certificate.pem(), as: UTF8.self))
            #expect(self.failure(good)?.code == .notYetValid)

            good = try authority.configuration(.server, pair)
            good.key = .file(path)
            try write(String(decoding: try old.issued.key.pem(), as: UTF8.self))
            #expect(self.failure(good)?.code == .wrongKey)
            #expect(self.failure(good)?.message.contains(path) == true)
            try write("hello")
            #expect(self.failure(good)?.message.contains("\(path) holds no private key in PEM form") == true)
            good.key = nil
            #expect(self.failure(good)?.code == .invalidSetting)

            good = try authority.configuration(.server, pair)
            good.authorities = .file(path)
            #expect(self.failure(good)?.code == .malformed)
            good.authorities = nil
            #expect(self.failure(good)?.code == .invalidSetting)
            good = try authority.configuration(.server, pair)
            good.revocations = .file(path)
            #expect(self.failure(good)?.message.contains("no revocation list") == true)
        }
    }

    @Test("a key with a passphrase is refused rather than asked for on the terminal")
    func lockedKey() throws {
        let authority = try TestAuthority()
        let pair = try authority.pair(.scheduler, "s-0")
        let locked = try Command.run(
            ["openssl", "pkey", "-aes256", "-passout", "pass:secret"],
            input: String(decoding: try pair.issued.key.pem(), as: UTF8.self))
        var configuration = try authority.configuration(.server, pair)
        configuration.key = .bytes(Array(locked.output.utf8))
        #expect(self.failure(configuration)?.message.contains("locked by a passphrase") == true)
    }
}

@Suite struct TLSContextHolderTests {
    @Test("changed files are read again, unchanged ones are not")
    func changes() throws {
        try self.withFiles { folder, holder, issue in
            #expect(holder.reloadIfChanged() == .unchanged)
            let first = holder.context
            try issue()
            guard case .reloaded(let notAfter) = holder.reloadIfChanged() else {
                Issue.record("the change was not seen")
                return
            }
            #expect(holder.context !== first && notAfter == holder.context.notAfter)
            #expect(holder.reloadIfChanged() == .unchanged)
        }
    }

    @Test("a certificate that ends soon is complained of once, and its successor in its turn")
    func ending() throws {
        try self.withFiles { folder, holder, issue in
            let end = try #require(holder.context.notAfter)
            #expect(holder.reloadIfChanged(now: end - .seconds(2 * 86_400)) == .unchanged)
            #expect(holder.reloadIfChanged(now: end - .seconds(3600)) == .ending(notAfter: end))
            #expect(holder.reloadIfChanged(now: end - .seconds(3599)) == .unchanged)
            try issue()
            guard case .reloaded(let next?) = holder.reloadIfChanged() else {
                Issue.record("the change was not seen")
                return
            }
            #expect(holder.reloadIfChanged(now: next) == .ending(notAfter: next))
        }
    }

    @Test("a broken file is reported once, keeps the old certificate, and a good one is taken again")
    func broken() throws {
        try self.withFiles { folder, holder, issue in
            let good = holder.context
            try "broken".write(toFile: "\(folder)/member.crt", atomically: true, encoding: .utf8)
            guard case .refused(let error) = holder.reloadIfChanged() else {
                Issue.record("a broken file was taken")
                return
            }
            #expect(error.message.contains("\(folder)/member.crt"))
            #expect(holder.context === good)
            #expect(holder.reloadIfChanged() == .unchanged)
            try FileManager.default.removeItem(atPath: "\(folder)/member.crt")
            guard case .refused = holder.reloadIfChanged() else {
                Issue.record("a missing file was taken")
                return
            }
            #expect(holder.context === good)
            try issue()
            guard case .reloaded = holder.reloadIfChanged() else {
                Issue.record("a good file was not taken")
                return
            }
        }
    }

    @Test("a certificate that is taken back while the server runs is refused from the next reload on")
    func revocation() throws {
        try self.withFiles { folder, holder, _ in
            let files = AuthorityFolder(folder)
            let identity = try #require(ServiceIdentity(role: .runner, member: "r-0"))
            let issued = try files.issue(CertificateRequest(identity), name: "r-0", into: folder, now: .now())
            var client = holder.context.configuration
            client.role = .client
            client.certificate = .file(issued.certificatePath)
            client.key = .file(issued.keyPath)
            let clientContext = try TLSContext(client)
            func heard() throws -> String {
                let wire = Wire(
                    client: try Wire.End(clientContext, expecting: .host("localhost")),
                    server: try Wire.End(holder.context))
                try wire.shakeHands()
                wire.client.send("hello")
                try wire.settle()
                return wire.server.text
            }
            #expect(try heard() == "hello")
            try files.revoke([issued.certificate.serial], now: .now())
            guard case .reloaded = holder.reloadIfChanged() else {
                Issue.record("the change was not seen")
                return
            }
            #expect(try heard() == "")
        }
    }

    private func withFiles(_ body: (String, TLSContextHolder, () throws -> Void) throws -> Void) throws {
        try TemporaryFolder.with { folder in
            let files = AuthorityFolder(folder)
            try files.create(name: "test", now: .now())
            let identity = try #require(ServiceIdentity(role: .scheduler, member: "s-0"))
            func issue() throws {
                _ = try files.issue(
                    CertificateRequest(identity, hosts: ["localhost"]), name: "member", into: folder, replacing: true,
                    now: .now())
            }
            try issue()
            let holder = try TLSContextHolder(
                .service(
                    .server, certificate: .file("\(folder)/member.crt"), key: .file("\(folder)/member.key"),
                    authorities: .file(files.certificatePath), revocations: .file(files.revocationsPath),
                    applicationProtocol: "h2"))
            try body(folder, holder, issue)
        }
    }
}
