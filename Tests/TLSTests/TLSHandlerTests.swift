import COpenSSL
import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite struct TLSHandlerTests {
    @Test("two members shake hands, and each knows who the other is")
    func handshake() throws {
        let authority = try TestAuthority()
        let wire = try Wire(client: authority.configuration(.client), server: authority.configuration(.server))
        try wire.shakeHands()
        let client = try #require(wire.client.completed)
        let server = try #require(wire.server.completed)
        #expect(client.version == .tls13 && server.version == .tls13)
        #expect(client.applicationProtocol == "h2" && server.applicationProtocol == "h2")
        #expect(client.peer?.identity == ServiceIdentity(role: .scheduler, member: "s-0"))
        #expect(server.peer?.identity == ServiceIdentity(role: .runner, member: "r-0"))
        #expect(server.peer?.names.dns == ["localhost"] && server.peer?.names.addresses == ["127.0.0.1"])
        #expect(wire.client.errors.isEmpty && wire.server.errors.isEmpty)
    }

    @Test("what one says the other hears, also a megabyte and byte by byte on the wire")
    func exchange() throws {
        let authority = try TestAuthority()
        let wire = try Wire(client: authority.configuration(.client), server: authority.configuration(.server))
        try wire.shakeHands()
        let large = (0..<1_048_576).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        wire.client.send(large)
        wire.server.send("short")
        try wire.settle()
        #expect(wire.server.received == large)
        #expect(wire.client.text == "short")

        wire.client.send("drop by drop")
        while let bytes = try wire.client.channel.readOutbound(as: ByteBuffer.self) {
            for byte in bytes.readableBytesView { try wire.server.arrive(ByteBuffer(bytes: [byte])) }
        }
        #expect(wire.server.received.suffix(12) == Array("drop by drop".utf8)[...])
    }

    @Test("what is written between two flushes leaves in one write and one record")
    func oneRecord() throws {
        let authority = try TestAuthority()
        let wire = try Wire(client: authority.configuration(.client), server: authority.configuration(.server))
        try wire.shakeHands()
        for _ in 0..<50 { wire.client.channel.write(ByteBuffer(string: "twenty bytes of text"), promise: nil) }
        wire.client.channel.flush()
        let bytes = try #require(try wire.client.channel.readOutbound(as: ByteBuffer.self))
        #expect(try wire.client.channel.readOutbound(as: ByteBuffer.self) == nil)
        // One header of 5 bytes, 1 byte of kind and 16 of authentication.
        #expect(bytes.readableBytes == 1000 + 22)
    }

    @Test("what is written before the handshake leaves after it, and its promise waits")
    func earlyWrites() throws {
        let authority = try TestAuthority()
        let wire = try Wire(client: authority.configuration(.client), server: authority.configuration(.server))
        try wire.server.connect()
        try wire.client.connect()
        let promise = wire.client.channel.eventLoop.makePromise(of: Void.self)
        var isSent = false
        promise.futureResult.assumeIsolated().whenSuccess { isSent = true }
        wire.client.channel.writeAndFlush(ByteBuffer(string: "early"), promise: promise)
        #expect(!isSent)
        try wire.settle()
        #expect(isSent && wire.server.text == "early")
    }

    @Test("more bytes than may wait for the handshake end the connection: none is left out")
    func tooManyEarlyBytes() throws {
        let authority = try TestAuthority()
        var limits = TLSLimits()
        limits.earlyBytes = 100
        let wire = try Wire(
            client: authority.configuration(.client), server: authority.configuration(.server), limits: limits)
        try wire.server.connect()
        try wire.client.connect()
        wire.client.send([UInt8](repeating: 65, count: 100))
        #expect(wire.client.error == nil)
        let refused = wire.client.channel.writeAndFlush(ByteBuffer(string: "one more"))
        try wire.settle()
        #expect(throws: TLSError.self) { try refused.wait() }
        #expect(wire.client.error?.code == .limitExceeded && wire.server.received.isEmpty)

        let open = try Wire(
            client: authority.configuration(.client), server: authority.configuration(.server), limits: limits)
        try open.shakeHands()
        open.client.send([UInt8](repeating: 65, count: 100_000))
        try open.settle()
        #expect(open.server.received.count == 100_000)
    }

    @Test("the end is said, and is told from a connection that breaks")
    func end() throws {
        let authority = try TestAuthority()
        let said = try Wire(client: authority.configuration(.client), server: authority.configuration(.server))
        try said.shakeHands()
        said.client.send("last words")
        said.client.channel.close(promise: nil)
        try said.settle()
        #expect(said.server.text == "last words" && said.server.isClosed)
        #expect(said.server.errors.isEmpty && said.client.errors.isEmpty)

        let broken = try Wire(client: authority.configuration(.client), server: authority.configuration(.server))
        try broken.shakeHands()
        broken.client.send("and then")
        try broken.settle()
        broken.server.channel.pipeline.fireChannelInactive()
        #expect(broken.server.error?.code == .truncated)
    }

    @Test("a handshake that is cut off is an error, and no byte goes up")
    func truncatedHandshake() throws {
        let authority = try TestAuthority()
        let wire = try Wire(client: authority.configuration(.client), server: authority.configuration(.server))
        try wire.server.connect()
        try wire.client.connect()
        let hello = try #require(try wire.client.channel.readOutbound(as: ByteBuffer.self))
        try wire.server.arrive(try #require(hello.getSlice(at: 0, length: hello.readableBytes / 2)))
        wire.server.channel.pipeline.fireChannelInactive()
        #expect(wire.server.error?.code == .truncated)
        #expect(wire.server.completed == nil && wire.server.received.isEmpty)
    }

    @Test("a handshake that takes too long is ended")
    func slowHandshake() throws {
        let authority = try TestAuthority()
        let wire = try Wire(client: authority.configuration(.client), server: authority.configuration(.server))
        try wire.server.connect()
        wire.server.channel.embeddedEventLoop.advanceTime(by: .milliseconds(9_999))
        #expect(!wire.server.isClosed)
        wire.server.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(wire.server.isClosed && wire.server.error?.code == .handshakeTimeout)
    }

    @Test("a connection whose handshake is done is not ended by its time limit")
    func doneHandshake() throws {
        let authority = try TestAuthority()
        let wire = try Wire(client: authority.configuration(.client), server: authority.configuration(.server))
        try wire.shakeHands()
        wire.server.channel.embeddedEventLoop.advanceTime(by: .hours(1))
        wire.client.send("still here")
        try wire.settle()
        #expect(wire.server.text == "still here")
    }

    @Test("plain text is never let through, neither instead of the handshake nor after it")
    func plainText() throws {
        let authority = try TestAuthority()
        let answer = "HTTP/1.1 400 Bad Request\r\n\r\n"
        let server = try Wire.End(
            try TLSContext(try authority.configuration(.server)), answerToPlainHTTP: Array(answer.utf8))
        try server.connect()
        try server.arrive(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
        #expect(server.error?.code == .protocolViolation && server.received.isEmpty)
        #expect(try server.channel.readOutbound(as: ByteBuffer.self).map { String(buffer: $0) } == answer)

        let wire = try Wire(client: authority.configuration(.client), server: authority.configuration(.server))
        try wire.shakeHands()
        try wire.server.arrive(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
        #expect(wire.server.error?.code == .protocolViolation && wire.server.received.isEmpty)
    }

    @Test("a record that was changed on its way ends the connection, and its bytes do not go up")
    func changedRecord() throws {
        let authority = try TestAuthority()
        let wire = try Wire(client: authority.configuration(.client), server: authority.configuration(.server))
        try wire.shakeHands()
        wire.client.send("pay 1")
        var bytes = try #require(try wire.client.channel.readOutbound(as: ByteBuffer.self))
        bytes.setInteger(try #require(bytes.getInteger(at: 7, as: UInt8.self)) ^ 1, at: 7)
        try wire.server.arrive(bytes)
        #expect(wire.server.error?.code == .protocolViolation && wire.server.received.isEmpty)
        // Nothing is looked at any longer, be it whole.
        wire.client.send("pay 2")
        try wire.settle()
        #expect(wire.server.received.isEmpty)
    }

    @Test("a peer may ask for new keys, but not without end")
    func keyUpdates() throws {
        let authority = try TestAuthority()
        var limits = TLSLimits()
        limits.keyUpdates = 3
        let server = try Wire.End(try TLSContext(try authority.configuration(.server)), limits: limits)
        let client = try TLSSession(
            try TLSContext(try authority.configuration(.client)), expecting: .host("localhost"), limits: TLSLimits())
        func carry() throws {
            var bytes = ByteBuffer()
            client.takeOutput(into: &bytes)
            if bytes.readableBytes > 0 { try server.arrive(bytes) }
            while let answer = try server.channel.readOutbound(as: ByteBuffer.self) { try client.receive(answer) }
        }
        try server.connect()
        while try client.handshake() == nil { try carry() }
        for round in 1...5 {
            #expect(SSL_key_update(client.raw, SSL_KEY_UPDATE_REQUESTED) == 1)
            try client.encrypt(ByteBuffer(string: "\(round)").readableBytesView)
            try carry()
            #expect((server.error == nil) == (round <= 3))
        }
        #expect(server.error?.code == .limitExceeded)
        #expect(server.text.hasPrefix("123") && !server.text.hasSuffix("5"))
    }

    @Test("a byte that is changed anywhere on the wire breaks nothing, and lets nothing through but what was said")
    func changedBytes() throws {
        let authority = try TestAuthority()
        let client = try TLSContext(try authority.configuration(.client))
        let server = try TLSContext(try authority.configuration(.server))
        var refused = 0
        for seed in 0..<150 as Range<UInt64> {
            // Spread over what a client says, some 1,300 bytes, and beyond: an unharmed connection.
            let place = Int(seed * 9)
            let mask = UInt8(1) << UInt8(seed % 8)
            let wire = Wire(
                client: try Wire.End(client, expecting: .host("localhost")), server: try Wire.End(server))
            wire.changeByte(at: place, mask)
            try wire.shakeHands()
            wire.client.send("said")
            try wire.settle()
            #expect(["", "said"].contains(wire.server.text), "byte \(place), bits \(mask)")
            guard wire.server.text.isEmpty else { continue }
            refused += 1
            // A length that was changed makes it wait for more than there is.
            wire.server.channel.pipeline.fireChannelInactive()
            #expect(!wire.server.errors.isEmpty, "byte \(place), bits \(mask)")
        }
        #expect(refused > 100)
    }

    @Test("bytes of chance never come through, and the connection ends")
    func randomBytes() throws {
        let server = try TLSContext(try TestAuthority().configuration(.server))
        for seed in 1...200 as ClosedRange<UInt64> {
            var state = seed
            let bytes = (0..<500).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 33)
            }
            let end = try Wire.End(server)
            try end.connect()
            // Every other time they look like a handshake at first.
            try end.arrive(ByteBuffer(bytes: seed.isMultiple(of: 2) ? [22, 3, 1, 1, 0, 1, 0, 0, 252] + bytes : bytes))
            end.channel.pipeline.fireChannelInactive()
            #expect(end.received.isEmpty && end.completed == nil && end.error != nil, "seed \(seed)")
        }
    }
}
