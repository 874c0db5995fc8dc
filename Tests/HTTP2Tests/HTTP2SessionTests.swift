import TestSupport
import Testing

@testable import HTTP2

@Suite("HTTP2Session")
struct HTTP2SessionTests {
    private static let headers = HeaderBlock([
        (":method", "POST"), (":scheme", "http"), (":path", "/a.B/C"), (":authority", "x"),
    ])

    @Test("when the stream numbers are used up a request says so")
    func numbers() throws {
        let session = try HTTP2Session(.client, limits: HTTP2Limits())
        session.setNextStream(0x7FFF_FFFF)
        #expect(try session.request(HTTP2SessionTests.headers, body: [1]) == 0x7FFF_FFFF)
        #expect(throws: HTTP2Error(.notProcessed, "the connection has used up its stream numbers")) {
            try session.request(HTTP2SessionTests.headers, body: [1])
        }
    }

    @Test("a session that goes with open streams keeps nothing alive")
    func openStreams() throws {
        weak var gone: HTTP2Session?
        do {
            let session = try HTTP2Session(.client, limits: HTTP2Limits())
            for _ in 0..<10 { _ = try session.request(HTTP2SessionTests.headers, body: [1, 2, 3]) }
            gone = session
        }
        #expect(gone == nil)
    }
}

@Suite("Encodings of gRPC's headers")
struct HeaderEncodingTests {
    @Test("what is encoded decodes to the same, and fits into a header")
    func roundTrips() {
        for seed in Seeds.draw(200) {
            var random = SplitMix64(seed: seed)
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes, "SEED=\(seed)")
            let text = String(decoding: bytes, as: UTF8.self)
            let encoded = PercentEncoding.encode(text)
            #expect(encoded.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "SEED=\(seed)")
            #expect(PercentEncoding.decode(encoded) == text, "SEED=\(seed)")
        }
    }

    @Test("a broken percent sign stays as it is, and broken base64 is told")
    func broken() {
        #expect(PercentEncoding.decode("50% of %zz, %4") == "50% of %zz, %4")
        #expect(Base64.decode("a*b") == nil)
        #expect(Base64.decode("AAE=") == [0, 1])
    }

    @Test(
        "a timeout is written in the finest unit that fits, and never shortened",
        arguments: [
            (Duration.nanoseconds(1), "1n"), (.milliseconds(50), "50000000n"), (.seconds(1), "1000000u"),
            (.seconds(100), "100000m"), (.seconds(100) + .nanoseconds(1), "100001m"), (.seconds(-5), "1n"),
            (.seconds(1_000_000), "1000000S"), (.seconds(400_000_000), "6666667M"),
            (.seconds(9_223_372_036) + .milliseconds(900), "2562048H"), (.seconds(99_999_999) * 3600, "99999999H"),
        ])
    func timeouts(duration: Duration, text: String) {
        #expect(GRPCTimeout.encode(duration) == text)
        #expect(GRPCTimeout.decode(text).map { $0 >= duration } == true)
    }

    @Test("what is no timeout is refused", arguments: ["", "5", "S", "-1S", "1x", "123456789n", "1 S", "１S"])
    func wrongTimeouts(text: String) { #expect(GRPCTimeout.decode(text) == nil) }
}
