import Foundation
import HTTP2
import TestSupport
import Testing

private typealias Kind = RawPeer.Kind

/// What a hostile peer can do with frames alone.
///
/// Each attack ends its own connection, with ENHANCE_YOUR_CALM where it exceeded a limit, and nobody else's.
@Suite("HTTP/2 abuse", .timeLimit(.minutes(5)))
struct AbuseTests {
    private static let calm = HTTP2ErrorCode.enhanceYourCalm
    private static let protocolError: UInt32 = 1
    private static let flowControlError: UInt32 = 3

    /// Attacks a server, then sees that it still serves others.
    private func attack<Outcome: Sendable>(
        limits: HTTP2Limits = HTTP2Limits(),
        serving handler: @escaping @Sendable (GRPCRequest) async throws -> GRPCAnswer = { .message($0.message) },
        _ body: @escaping @Sendable (RawPeer) throws -> Outcome
    ) async throws -> Outcome {
        var outcome: Outcome?
        try await withServer(limits: limits) { request in
            request.path == "/other" ? .message(request.message) : try await handler(request)
        } _: { server in
            let port = server.port
            let other = try await connect(port)
            outcome = try await onThread { try body(try RawPeer(port: port)) }
            let answer = try await other.unary(GRPCRequest(path: "/other", message: [1]))
            #expect(answer == [1])
            other.close()
        }
        return try #require(outcome)
    }

    /// The code with which a server ends a connection that sends these frames after a proper greeting.
    private func farewell(
        limits: HTTP2Limits = HTTP2Limits(),
        serving handler: @escaping @Sendable (GRPCRequest) async throws -> GRPCAnswer = { .message($0.message) },
        _ frames: [UInt8]
    ) async throws -> UInt32? {
        try await self.attack(limits: limits, serving: handler) { peer in
            peer.greet()
            peer.send(frames)
            return peer.farewell()
        }
    }

    private static func wait(_ request: GRPCRequest) async throws -> GRPCAnswer {
        try await waitForCancellation()
        return .message([])
    }

    // MARK: Resets

    @Test("rapid reset: streams opened and reset at once end the connection")
    func rapidReset() async throws {
        let frames = (0..<2000).flatMap { number -> [UInt8] in
            let stream = UInt32(2 * number + 1)
            return RawPeer.call(stream) + RawPeer.frame(Kind.reset, 0, stream, RawPeer.word(8))
        }
        #expect(try await self.farewell(serving: AbuseTests.wait, frames) == AbuseTests.calm)
    }

    @Test("MadeYouReset: streams that the server must reset count as well")
    func madeYouReset() async throws {
        let code = try await self.attack(serving: AbuseTests.wait) { peer in
            peer.greet()
            for batch in 0..<20 {
                // No more at once than may be open.
                for number in 0..<50 {
                    let stream = UInt32(2 * (batch * 50 + number) + 1)
                    let update = RawPeer.frame(Kind.windowUpdate, 0, stream, RawPeer.word(0x7FFF_FFFF))
                    peer.send(RawPeer.call(stream) + update)
                }
                peer.send(RawPeer.frame(Kind.ping, 0, 0, [UInt8](repeating: 0, count: 8)))
                while let frame = peer.next() {
                    if frame.type == Kind.goAway { return frame.payload[7] }
                    if frame.type == Kind.ping { break }
                }
            }
            return 0
        }
        #expect(code == UInt8(AbuseTests.calm))
    }

    @Test("a client that cancels now and then is not taken for an attacker")
    func someResets() async throws {
        let answered = try await self.attack(serving: AbuseTests.wait) { peer in
            peer.greet()
            for number in 0..<300 {
                let stream = UInt32(2 * number + 1)
                peer.send(RawPeer.call(stream) + RawPeer.frame(Kind.reset, 0, stream, RawPeer.word(8)))
            }
            peer.send(RawPeer.frame(Kind.ping, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]))
            return peer.next(Kind.ping)?.payload
        }
        #expect(answered == [1, 2, 3, 4, 5, 6, 7, 8])
    }

    // MARK: Headers

    @Test("CONTINUATION flood: a header block in too many pieces ends the connection")
    func continuationFlood() async throws {
        let pieces = (0..<100).flatMap { _ in RawPeer.frame(Kind.continuation, 0, 1, RawPeer.header("a", "b")) }
        #expect(try await self.farewell(RawPeer.frame(Kind.headers, 0, 1, RawPeer.request) + pieces) == AbuseTests.calm)
    }

    @Test("HPACK bomb: a small block that unpacks to a large one ends the connection")
    func bomb() async throws {
        let large = RawPeer.header("x", String(repeating: "y", count: 3900), isIndexed: true)
        let first = RawPeer.call(1, more: large)
        let again: UInt8 = 0x80 | 62
        let block = RawPeer.request + [UInt8](repeating: again, count: 10_000)
        let frames = first + RawPeer.frame(Kind.headers, RawPeer.endHeaders | RawPeer.endStream, 3, block)
        #expect(try await self.farewell(frames) == AbuseTests.calm)
    }

    @Test("oversized headers cost their stream, and the connection goes on")
    func largeHeaders() async throws {
        let codes = try await self.attack { peer in
            peer.greet()
            let large = (0..<5).flatMap { RawPeer.header("x-\($0)", String(repeating: "y", count: 4000)) }
            let block = RawPeer.request + large
            let head = RawPeer.frame(Kind.headers, RawPeer.endStream, 1, Array(block[..<10_000]))
            peer.send(head + RawPeer.frame(Kind.continuation, RawPeer.endHeaders, 1, Array(block[10_000...])))
            let reset = peer.next(Kind.reset, on: 1)?.payload
            peer.send(RawPeer.call(3))
            return [reset, peer.next(Kind.data, on: 3)?.payload]
        }
        #expect(codes == [RawPeer.word(AbuseTests.calm), [0, 0, 0, 0, 0]])
    }

    @Test("slow headers end the connection")
    func slowHeaders() async throws {
        var limits = HTTP2Limits()
        limits.headerTime = .milliseconds(300)
        let begun = RawPeer.frame(Kind.headers, 0, 1, RawPeer.request)
        #expect(try await self.farewell(limits: limits, begun) == AbuseTests.calm)
        #expect(try await self.farewell(limits: limits, Array(begun.dropLast(5))) == AbuseTests.calm)
    }

    @Test("a slow preface, or half of one, ends the connection")
    func slowPreface() async throws {
        var limits = HTTP2Limits()
        limits.prefaceTime = .seconds(1)
        for bytes in [[], Array(RawPeer.preface.prefix(10)), RawPeer.preface] {
            let code = try await self.attack(limits: limits) { peer in
                peer.send(bytes)
                return peer.farewell()
            }
            #expect(code == AbuseTests.calm)
        }
    }

    @Test("another protocol is refused")
    func otherProtocol() async throws {
        let isClosed = try await self.attack { peer in
            peer.send(Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
            while peer.next() != nil {}
            return peer.isClosed
        }
        #expect(isClosed)
    }

    // MARK: Floods

    @Test(
        "a flood of frames that cost their sender nothing ends the connection",
        arguments: ["settings", "table sizes", "ping", "priority", "empty data", "tiny windows", "windows", "unknown"])
    func floods(kind: String) async throws {
        let one: (Int) -> [UInt8] =
            switch kind {
            case "settings": { _ in RawPeer.frame(Kind.settings, 0, 0, []) }
            case "table sizes":
                { RawPeer.frame(Kind.settings, 0, 0, [0, 1] + RawPeer.word($0 % 2 == 0 ? 0 : 65_536)) }
            case "ping": { _ in RawPeer.frame(Kind.ping, 0, 0, [UInt8](repeating: 0, count: 8)) }
            case "priority":
                { RawPeer.frame(Kind.priority, 0, UInt32(2 * $0 + 101), RawPeer.word(0) + [16]) }
            case "empty data": { _ in RawPeer.frame(Kind.data, 0, 1, []) }
            case "tiny windows": { _ in RawPeer.frame(Kind.windowUpdate, 0, 0, RawPeer.word(1)) }
            case "windows": { _ in RawPeer.frame(Kind.windowUpdate, 0, 0, RawPeer.word(1000)) }
            default: { _ in RawPeer.frame(0x42, 0, 0, [1, 2, 3]) }
            }
        let open = RawPeer.frame(Kind.headers, RawPeer.endHeaders, 1, RawPeer.request)
        #expect(try await self.farewell(open + (0..<5000).flatMap(one)) == AbuseTests.calm)
    }

    // MARK: Windows

    @Test("a window that overflows ends the connection")
    func overflow() async throws {
        let update = RawPeer.frame(Kind.windowUpdate, 0, 0, RawPeer.word(0x7FFF_FFFF))
        #expect(try await self.farewell(update) == AbuseTests.flowControlError)
    }

    @Test("an answer that a window of 0 holds back is given up after a time", arguments: [0, 1])
    func smallWindow(window: UInt8) async throws {
        var limits = HTTP2Limits()
        limits.stallTime = .milliseconds(300)
        let code = try await self.attack(limits: limits) { peer in
            peer.greet(settings: [0, 4, 0, 0, 0, window])
            peer.send(RawPeer.call(1))
            return peer.next(Kind.reset, on: 1)?.payload
        }
        #expect(code == RawPeer.word(AbuseTests.calm))
    }

    @Test("a peer that never reads gets a bounded amount made for it, and is cut off after a time")
    func neverReading() async throws {
        var limits = HTTP2Limits()
        limits.stallTime = .milliseconds(300)
        let drawn = Counter()
        let ended = Counter()
        _ = try await self.attack(limits: limits) { _ in
            let (size, most) = (10_000, 1_000_000)
            return .messages(
                AsyncThrowingStream(unfolding: {
                    if Task.isCancelled { ended.add() }
                    return drawn.add() < most ? [UInt8](repeating: 0, count: size) : nil
                }))
        } _: { peer in
            // Windows as large as they get, so that only the socket holds anything back.
            peer.greet(settings: [0, 4, 0x7F, 0xFF, 0xFF, 0xFF])
            peer.send(RawPeer.frame(Kind.windowUpdate, 0, 0, RawPeer.word(0x7FFF_0000)))
            for number in 0..<100 { peer.send(RawPeer.call(UInt32(2 * number + 1))) }
            // The other side's end of the connection is seen without reading it: writing fails.
            while peer.send(RawPeer.frame(Kind.windowUpdate, 0, 0, RawPeer.word(100))) {
                Thread.sleep(forTimeInterval: 0.02)
            }
        }
        // 100 streams of 32 KiB and what the kernel took.
        #expect(drawn.value * 10_000 < 40_000_000, "\(drawn.value)")
    }

    // MARK: Streams and bodies

    @Test("a peer that opens more streams than it was allowed is cut off")
    func tooManyStreams() async throws {
        var limits = HTTP2Limits()
        limits.concurrentStreams = 10
        let frames = (0...10).flatMap { RawPeer.call(UInt32(2 * $0 + 1)) }
        #expect(try await self.farewell(limits: limits, serving: AbuseTests.wait, frames) == AbuseTests.protocolError)
    }

    @Test("the last stream number is served, and the connection ends with the next")
    func streamNumbers() async throws {
        let outcome = try await self.attack { peer in
            peer.greet()
            peer.send(RawPeer.call(0x7FFF_FFFF))
            let answer = peer.next(Kind.data, on: 0x7FFF_FFFF)?.payload
            peer.send(RawPeer.call(5))
            return (answer, peer.farewell())
        }
        #expect(outcome.0 == [0, 0, 0, 0, 0])
        #expect(outcome.1 != nil)
    }

    @Test("a message that claims to be too large is refused before it comes")
    func claimedSize() async throws {
        let frames = try await self.attack { peer in
            peer.greet()
            peer.send(
                RawPeer.frame(Kind.headers, RawPeer.endHeaders, 1, RawPeer.request)
                    + RawPeer.frame(Kind.data, 0, 1, [0, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3]))
            let answer = peer.next(Kind.headers, on: 1)
            return [answer?.flags, peer.next(Kind.reset, on: 1)?.payload.last]
        }
        #expect(frames == [RawPeer.endHeaders | RawPeer.endStream, 0])
    }

    @Test("a body that does not come is given up after a time")
    func slowBody() async throws {
        var limits = HTTP2Limits()
        limits.bodyTime = .milliseconds(300)
        let code = try await self.attack(limits: limits) { peer in
            peer.greet()
            peer.send(RawPeer.frame(Kind.headers, RawPeer.endHeaders, 1, RawPeer.request))
            return peer.next(Kind.reset, on: 1)?.payload
        }
        #expect(code == RawPeer.word(AbuseTests.calm))
    }

    @Test("bodies that do not end are not read beyond their limit")
    func unfinishedBodies() async throws {
        let credit = try await self.attack(serving: AbuseTests.wait) { peer in
            peer.greet()
            // Each stream is one large message that never ends; each sends all that its first window allows.
            let windowBytes = 16 * 1024
            let piece = [0] + RawPeer.word(2_000_000) + [UInt8](repeating: 7, count: windowBytes - 5)
            for number in 0..<60 {
                let stream = UInt32(2 * number + 1)
                peer.send(
                    RawPeer.frame(Kind.headers, RawPeer.endHeaders, stream, RawPeer.request)
                        + RawPeer.frame(Kind.data, 0, stream, piece))
            }
            peer.send(RawPeer.frame(Kind.ping, 0, 0, [UInt8](repeating: 9, count: 8)))
            var credited: Set<UInt32> = []
            while let frame = peer.next(), frame.type != Kind.ping {
                if frame.type == Kind.windowUpdate, frame.stream > 0 { credited.insert(frame.stream) }
            }
            return credited
        }
        // Those that arrived before the limit was reached may send on, the rest must wait.
        #expect(credit.contains(1))
        #expect(credit.count < 40, "\(credit.count)")
    }

    @Test("bytes without sense end their connection and nothing else")
    func garbage() async throws {
        for seed in Seeds.draw(30) {
            let isClosed = try await self.attack { peer in
                var random = SplitMix64(seed: seed)
                peer.greet()
                for _ in 0..<200 {
                    let length = Int.random(in: 0...200, using: &random)
                    let payload = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
                    let frame = RawPeer.frame(
                        UInt8.random(in: 0...10, using: &random), UInt8.random(in: 0...255, using: &random),
                        UInt32.random(in: 0...9, using: &random), payload)
                    if !peer.send(frame) { return true }
                }
                // A stray frame that leaves the connection in the middle of something is cut short.
                return true
            }
            #expect(isClosed, "SEED=\(seed)")
        }
    }
}
