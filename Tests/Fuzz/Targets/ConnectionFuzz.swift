import NIOCore
import NIOEmbedded

@testable import HTTP2

/// How an input is fed to a connection: its first byte says, the rest are the bytes of the peer.
private struct Feed {
    let isGreeted: Bool
    let pieces: [ArraySlice<UInt8>]
    private static let pieceSizes = [Int.max, 1, 9, 64]

    init(_ input: [UInt8]) {
        let plan = input.first ?? 0
        self.isGreeted = plan & 1 == 0
        let bytes = input.dropFirst()
        let size = Feed.pieceSizes[Int(plan >> 1 & 3)]
        self.pieces =
            size == Int.max
            ? [bytes] : stride(from: bytes.startIndex, to: bytes.endIndex, by: size).map { bytes[$0...].prefix(size) }
    }

    /// Limits that a short input can reach.
    static let limits: HTTP2Limits = {
        var limits = HTTP2Limits()
        limits.headerListBytes = 1024
        limits.concurrentStreams = 8
        limits.streamWindowBytes = 1024
        limits.connectionWindowBytes = 128 * 1024
        limits.messageBytes = 2048
        limits.unfinishedBodyBytes = 2048
        limits.resets = HTTP2Limits.Rate(burst: 8, perSecond: 1)
        limits.pings = HTTP2Limits.Rate(burst: 4, perSecond: 1)
        limits.settings = HTTP2Limits.Rate(burst: 4, perSecond: 1)
        return limits
    }()

    static let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0] + [0, 0, 0, 4, 1, 0, 0, 0, 0]
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// Connects, feeds all pieces, lets time pass and ends the connection.
    func run(_ handler: HTTP2ConnectionHandler, greeting: [UInt8], between: () -> Void) throws {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        if self.isGreeted { try channel.writeInbound(ByteBuffer(bytes: greeting)) }
        for piece in self.pieces where channel.isActive {
            try channel.writeInbound(ByteBuffer(bytes: piece))
            between()
            channel.embeddedEventLoop.run()
            while try channel.readOutbound(as: ByteBuffer.self) != nil {}
        }
        channel.embeddedEventLoop.advanceTime(by: .seconds(3))
        between()
        channel.embeddedEventLoop.advanceTime(by: .seconds(200))
        if channel.isActive { try channel.close().wait() }
        channel.embeddedEventLoop.run()
    }
}

/// Bytes of a client into a server's connection: frames, headers and messages, some of them answered.
enum ServerFuzz {
    static func run(_ input: [UInt8]) throws {
        let loop = EmbeddedEventLoop()
        let session = try HTTP2Session(.server, limits: Feed.limits)
        var ready: [ServerCall] = []
        var isEnded = false
        let calls = ServerCalls(
            session, requestStreams: ["/a.B/S"], eventLoop: loop, onReady: { ready += $0 }, onEnd: { isEnded = true })
        let handler = HTTP2ConnectionHandler(session, application: calls)
        calls.connection = handler
        var count = 0
        try Feed(input).run(handler, greeting: Feed.preface + Feed.settings) {
            let now = ready
            ready = []
            for call in now {
                count += 1
                guard calls.begin(call, nil) else { continue }
                self.answer(call, number: count, calls)
                calls.end(call)
            }
        }
        promise(isEnded, "a connection that is gone ends its calls")
        promise(!calls.hasStreams, "a connection that is gone keeps no call")
    }

    /// In every way that a handler may answer; one call in five is left unanswered.
    private static func answer(_ call: ServerCall, number: Int, _ calls: ServerCalls) {
        let message = call.message ?? []
        promise(message.count <= Feed.limits.messageBytes, "no message is larger than the limit")
        switch number % 5 {
        case 0: calls.answer(call, message)
        case 1: calls.answer(call, [UInt8](repeating: 7, count: 20_000))
        case 2: calls.refuse(call, GRPCStatus(GRPCStatus.Code.internal, call.path))
        case 3:
            calls.open(call)
            calls.close(call, GRPCStatus(GRPCStatus.Code.unknown, call.path))
        default: break
        }
    }
}

/// Bytes of a server into a client's connection that has calls under way.
enum ClientFuzz {
    static func run(_ input: [UInt8]) throws {
        let loop = EmbeddedEventLoop()
        let session = try HTTP2Session(.client, limits: Feed.limits)
        let calls = ClientCalls(
            session, eventLoop: loop, authority: "x", limits: GRPCCallLimits(), onOpen: {}, onLeaving: { _ in })
        let handler = HTTP2ConnectionHandler(session, application: calls)
        calls.connection = handler
        let all = (0..<4).map { number in
            ClientCall(
                GRPCRequest(path: "/a.B/C", message: [1, 2, 3]), isStream: number % 2 == 1,
                messageLimit: Feed.limits.messageBytes)
        }
        var isStarted = false
        try Feed(input).run(handler, greeting: Feed.settings) {
            guard !isStarted else { return }
            isStarted = true
            for call in all { calls.start(call, .nobody) }
        }
        promise(!calls.hasStreams, "a connection that is gone keeps no call")
        for call in all where isStarted {
            if case .ended = call.state { continue }
            promise(false, "a connection that is gone ends every call")
        }
    }
}
