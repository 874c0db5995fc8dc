import ActorTransport
import JSON
import Testing

@testable import Gateway

/// A small generator with a seed, so that a failure can be seen again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite("Bad requests", .timeLimit(.minutes(5)))
struct FuzzTests {
    private static let statuses: Set<Int> = [200, 400, 403, 404, 405, 409, 413, 417, 431, 501]

    private static let good: [[UInt8]] = [
        "GET /api/v1/workflows/argo?listOptions.limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "PUT /api/v1/workflows/argo/a/stop HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}",
        "POST /api/v1/workflows/argo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
            + "chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    ].map { Array($0.utf8) }

    private static func damaged(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            guard !bytes.isEmpty else { break }
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            default: bytes.insert(contentsOf: bytes[place...].prefix(20), at: place)
            }
        }
        return bytes
    }

    /// What the server answers a good client; `nil` if it closes.
    private static func health(port: Int) async throws -> Int? {
        var status: Int?
        do {
            try await RawClient.with(port: port) { client in
                try await client.get("/healthz")
                status = try await client.answer().status
            }
        } catch is RawClient.ConnectionEnded {
            return nil
        }
        return status
    }

    @Test("whatever arrives on a socket, the server answers or closes, and goes on serving others")
    func sockets() async throws {
        var limits = GatewayLimits()
        limits.headTimeout = .milliseconds(100)
        limits.bodyTimeout = .milliseconds(100)
        limits.idleTimeout = .milliseconds(100)
        limits.lingerTimeout = .milliseconds(100)
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        try await RunningGateway.with(limits: limits) { gateway in
            for _ in 0..<120 {
                let request = Self.damaged(Self.good.randomElement(using: &random) ?? [], &random)
                try await RawClient.with(port: gateway.port) { client in
                    try await client.send(request)
                    let text = try await client.rest()
                    #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 "), "SEED=\(seed) \(text)")
                }
            }
            // A good client is let go as well where the machine stands still for as long as these limits.
            var status: Int?
            while status == nil { status = try await Self.health(port: gateway.port) }
            #expect(status == 200, "SEED=\(seed)")
        }
    }

    @Test("whatever a request says, its answer has a known status and a body that clients can read")
    func requests() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let application = GatewayApplication(cluster: FakeCluster())
        let bodies = [
            smallWorkflow(named: "a"), #"{"template":{"metadata":{"name":"t"}}}"#,
            #"{"resourceKind":"x","submitOptions":{"parameters":["a=b"]}}"#, "[1,2,3]", "",
        ]
        for _ in 0..<3_000 {
            let route = RouteTable.routes.randomElement(using: &random) ?? RouteTable.routes[0]
            guard !route.isStreaming else { continue }
            let target = Self.damaged(Array("\(route.pattern)?listOptions.limit=3&a=b".utf8), &random)
            let body = Self.damaged(Array((bodies.randomElement(using: &random) ?? "").utf8), &random)
            let request = GatewayRequest(route.method, String(decoding: target, as: UTF8.self), body: body)
            let answer = await application.answer(request)
            #expect(Self.statuses.contains(answer.status), "SEED=\(seed) \(request.target) \(answer.status)")
            guard case .bytes(let bytes) = answer.body, answer.header("Content-Type") == "application/json" else {
                continue
            }
            #expect(throws: Never.self, "SEED=\(seed)") { try JSONValue.parse(bytes) }
        }
    }
}
