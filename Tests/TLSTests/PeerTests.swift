import NIOCore
import TLS
import Testing

/// Who is let in, and who is not.
///
/// A read after the handshake tells: a client of TLS 1.3 believes that all is well before the server has seen its
/// certificate.
@Suite struct PeerTests {
    private static let day: Duration = .seconds(86_400)

    /// Lets both sides say something, and answers what the server heard.
    private func talk(_ wire: Wire) throws {
        try wire.shakeHands()
        if wire.client.completed != nil { wire.client.send("let me in") }
        if wire.server.completed != nil { wire.server.send("welcome") }
        try wire.settle()
    }

    /// The server heard nothing, the client heard nothing, and the client knows why.
    private func expectRefusedByServer(_ wire: Wire, _ code: TLSError.Code, alert: String) throws {
        try self.talk(wire)
        #expect(wire.server.error?.code == code)
        #expect(wire.server.received.isEmpty && wire.client.received.isEmpty)
        #expect(wire.server.completed == nil)
        #expect(wire.client.error?.code == .refusedByPeer)
        #expect(wire.client.error?.message.contains(alert) == true, "\(wire.client.errors)")
    }

    private func expectRefusedByClient(_ wire: Wire, _ code: TLSError.Code, saying words: String) throws {
        try self.talk(wire)
        #expect(wire.client.error?.code == code)
        #expect(wire.client.error?.message.contains(words) == true, "\(wire.client.errors)")
        #expect(wire.server.received.isEmpty && wire.client.received.isEmpty)
        #expect(wire.client.completed == nil)
    }

    @Test("a client without a certificate is refused")
    func noCertificate() throws {
        let authority = try TestAuthority()
        var client = try authority.configuration(.client)
        client.certificate = nil
        client.key = nil
        let wire = try Wire(client: client, server: authority.configuration(.server))
        try self.expectRefusedByServer(wire, .untrustedPeer, alert: "certificate required")
    }

    @Test("a client of a foreign authority is refused, be it of the same name")
    func foreignClient() throws {
        let authority = try TestAuthority()
        let foreign = try TestAuthority()
        var client = try foreign.configuration(.client)
        client.authorities = try authority.pem
        let wire = try Wire(client: client, server: authority.configuration(.server))
        try self.expectRefusedByServer(wire, .untrustedPeer, alert: "")
    }

    @Test("an expired client is refused")
    func expiredClient() throws {
        let authority = try TestAuthority()
        let pair = try authority.pair(.runner, "r-0", at: authority.now - Self.day, lifetime: .seconds(3600))
        let wire = try self.wire(authority, client: pair)
        try self.expectRefusedByServer(wire, .untrustedPeer, alert: "expired")
        #expect(wire.server.error?.message.contains("expired") == true)
    }

    @Test("a client that is not yet valid is refused")
    func futureClient() throws {
        let authority = try TestAuthority()
        let wire = try self.wire(
            authority, client: try authority.pair(.runner, "r-0", at: authority.now + Self.day))
        try self.expectRefusedByServer(wire, .untrustedPeer, alert: "bad certificate")
        #expect(wire.server.error?.message.contains("not yet valid") == true)
    }

    /// A client whose own check of its certificate's dates is passed by.
    private func wire(_ authority: TestAuthority, client pair: TestAuthority.Pair) throws -> Wire {
        let client = try authority.configuration(.client, pair)
        let moment = try #require(pair.issued.certificate.notAfter) - .seconds(60)
        return Wire(
            client: try Wire.End(try TLSContext(client, now: moment), expecting: .host("localhost")),
            server: try Wire.End(try TLSContext(authority.configuration(.server))))
    }

    @Test("a client whose certificate was taken back is refused, and another is not")
    func revokedClient() throws {
        let authority = try TestAuthority()
        let pair = try authority.pair(.runner, "r-0")
        var server = try authority.configuration(.server)
        server.revocations = try authority.revocations(of: [pair])
        let wire = try Wire(client: authority.configuration(.client, pair), server: server)
        try self.expectRefusedByServer(wire, .untrustedPeer, alert: "revoked")

        let other = try Wire(client: authority.configuration(.client), server: server)
        try self.talk(other)
        #expect(other.server.text == "let me in" && other.client.text == "welcome")
    }

    @Test("without a revocation list of its authority nobody is let in")
    func missingList() throws {
        let authority = try TestAuthority()
        var server = try authority.configuration(.server)
        server.revocations = try TestAuthority(name: "another").revocations(of: [])
        let wire = try Wire(client: authority.configuration(.client), server: server)
        try self.expectRefusedByServer(wire, .untrustedPeer, alert: "")
    }

    @Test("a server of a foreign authority is refused by its client")
    func foreignServer() throws {
        let authority = try TestAuthority()
        let wire = try Wire(
            client: authority.configuration(.client), server: try TestAuthority().configuration(.server))
        try self.expectRefusedByClient(wire, .untrustedPeer, saying: "not accepted")
    }

    @Test("a server whose certificate was taken back is refused by its client")
    func revokedServer() throws {
        let authority = try TestAuthority()
        let pair = try authority.pair(.scheduler, "s-0")
        var client = try authority.configuration(.client)
        client.revocations = try authority.revocations(of: [pair])
        let wire = try Wire(client: client, server: authority.configuration(.server, pair))
        try self.expectRefusedByClient(wire, .untrustedPeer, saying: "revoked")
    }

    @Test("a server of another host is refused by its client", arguments: ["example.org", "127.0.0.2", "::1"])
    func wrongHost(_ host: String) throws {
        let authority = try TestAuthority()
        let wire = try Wire(
            client: authority.configuration(.client), server: authority.configuration(.server),
            expecting: .host(host))
        try self.expectRefusedByClient(wire, .untrustedPeer, saying: "mismatch")
    }

    @Test("a server is found by its address too")
    func address() throws {
        let authority = try TestAuthority()
        let wire = try Wire(
            client: authority.configuration(.client), server: authority.configuration(.server),
            expecting: .host("127.0.0.1"))
        try self.talk(wire)
        #expect(wire.client.text == "welcome")
    }

    @Test("a member is found wherever it listens, and no other member is taken for it")
    func member() throws {
        let authority = try TestAuthority()
        let server = try authority.configuration(.server, try authority.pair(.scheduler, "s-0", hosts: []))
        let right = try #require(ServiceIdentity(role: .scheduler, member: "s-0"))
        let good = try Wire(client: authority.configuration(.client), server: server, expecting: .member(right))
        try self.talk(good)
        #expect(good.client.text == "welcome")

        for (role, member) in [(ServiceIdentity.Role.scheduler, "s-1"), (.runner, "s-0")] {
            let wrong = try #require(ServiceIdentity(role: role, member: member))
            let wire = try Wire(client: authority.configuration(.client), server: server, expecting: .member(wrong))
            try self.talk(wire)
            #expect(wire.client.error?.code == .wrongPeer)
            #expect(wire.client.completed == nil && wire.client.received.isEmpty && wire.server.received.isEmpty)
        }
    }

    @Test("a client that names no application protocol, or none of ours, is refused", arguments: [nil, "http/1.1"])
    func applicationProtocol(_ name: String?) throws {
        let authority = try TestAuthority()
        var client = try authority.configuration(.client)
        client.applicationProtocols = name.map { [$0] } ?? []
        client.requiresApplicationProtocol = false
        let wire = try Wire(client: client, server: authority.configuration(.server))
        try self.expectRefusedByServer(wire, .nothingInCommon, alert: "no application protocol")
    }

    @Test("a client refuses a server that agrees on no application protocol")
    func silentServer() throws {
        let authority = try TestAuthority()
        var server = try authority.configuration(.server)
        server.applicationProtocols = []
        server.requiresApplicationProtocol = false
        let wire = try Wire(client: authority.configuration(.client), server: server)
        try self.expectRefusedByClient(wire, .nothingInCommon, saying: "h2")
    }

    @Test("a public server takes clients without certificate, and those that name no protocol")
    func publicServer() throws {
        let authority = try TestAuthority()
        let pair = try authority.pair(.gateway, "g-0")
        let server = TLSConfiguration.publicServer(
            certificate: try pair.certificate, key: try pair.key, applicationProtocols: ["http/1.1"])
        var client = TLSConfiguration(.client)
        client.authorities = try authority.pem
        let wire = try Wire(client: client, server: server)
        try self.talk(wire)
        #expect(wire.server.text == "let me in" && wire.client.text == "welcome")
        #expect(wire.server.completed?.peer == nil && wire.server.completed?.applicationProtocol == nil)
    }
}
