import NIOCore
import NIOPosix
import TLS
import Testing

/// The handler on real sockets, where ends and alerts race with bytes on their way.
@Suite(.timeLimit(.minutes(5)))
struct SocketTests {
    @Test("eight megabytes come back as they were sent")
    func large() async throws {
        let authority = try TestAuthority()
        let server = try TLSContext(try authority.configuration(.server))
        let client = try TLSContext(try authority.configuration(.client))
        try await EchoServer.with(context: { server }) { echo in
            let bytes = (0..<(8 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 131) }
            let answer = try await TLSClient.exchange(bytes, port: echo.port, client)
            #expect(answer == bytes)
        }
    }

    @Test("a client without a certificate reads why it is refused, although it has sent more than the server reads")
    func refusalIsRead() async throws {
        let authority = try TestAuthority()
        let server = try TLSContext(try authority.configuration(.server))
        var configuration = try authority.configuration(.client)
        configuration.certificate = nil
        configuration.key = nil
        let client = try TLSContext(configuration)
        try await EchoServer.with(context: { server }) { echo in
            for _ in 0..<20 {
                let error = await #expect(throws: TLSError.self) {
                    _ = try await TLSClient.exchange(
                        [UInt8](repeating: 0, count: 100_000), port: echo.port, client)
                }
                #expect(error?.code == .refusedByPeer, "\(String(describing: error))")
            }
        }
    }

    @Test("a client that speaks plain text hears nothing but an alert, and the connection ends")
    func plainText() async throws {
        let authority = try TestAuthority()
        let server = try TLSContext(try authority.configuration(.server))
        try await EchoServer.with(context: { server }) { echo in
            let request = Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
            let answer = try await TLSClient.exchange(request, port: echo.port, nil, answerCount: .max)
            // An alert's record, or nothing.
            #expect(answer.isEmpty || answer.first == 21)
        }
    }

    @Test("a client that says nothing is let go after the time limit of the handshake")
    func slowHandshake() async throws {
        let authority = try TestAuthority()
        let server = try TLSContext(try authority.configuration(.server))
        var limits = TLSLimits()
        limits.handshakeTimeout = .milliseconds(50)
        try await EchoServer.with(limits: limits, context: { server }) { echo in
            let stream = try await TLSClient.connect(port: echo.port, nil)
            try await stream.executeThenClose { inbound, _ in
                var answers = inbound.makeAsyncIterator()
                let answer = try await answers.next()
                #expect(answer == nil)
            }
        }
    }

    @Test("new connections get the new certificate, and an old connection goes on")
    func hotReload() async throws {
        try await TemporaryFolder.with { folder in
            let files = AuthorityFolder(folder)
            try files.create(name: "test", now: .now())
            func issue(_ member: String) throws {
                let identity = try #require(ServiceIdentity(role: .scheduler, member: member))
                _ = try files.issue(
                    CertificateRequest(identity, hosts: ["localhost"]), name: "member", into: folder, replacing: true,
                    now: .now())
            }
            try issue("first")
            let configuration = TLSConfiguration.service(
                .server, certificate: .file("\(folder)/member.crt"), key: .file("\(folder)/member.key"),
                authorities: .file(files.certificatePath), revocations: .file(files.revocationsPath),
                applicationProtocol: "h2")
            let holder = try TLSContextHolder(configuration)
            var side = configuration
            side.role = .client
            let client = try TLSContext(side)
            try await EchoServer.with(context: { holder.context }) { echo in
                let old = try await TLSClient.connect(port: echo.port, client, expecting: try self.member("first"))
                try await old.executeThenClose { inbound, outbound in
                    var answers = inbound.makeAsyncIterator()
                    try await outbound.write(ByteBuffer(string: "one"))
                    #expect(try await answers.next().map { String(buffer: $0) } == "one")

                    try issue("second")
                    guard case .reloaded = holder.reloadIfChanged() else {
                        Issue.record("the change was not seen")
                        return
                    }
                    let answer = try await TLSClient.exchange(
                        Array("new".utf8), port: echo.port, client, expecting: try self.member("second"))
                    #expect(answer == Array("new".utf8))

                    try await outbound.write(ByteBuffer(string: "two"))
                    #expect(try await answers.next().map { String(buffer: $0) } == "two")
                }
            }
        }
    }

    private func member(_ name: String) throws -> TLSPeerExpectation {
        .member(try #require(ServiceIdentity(role: .scheduler, member: name)))
    }
}
