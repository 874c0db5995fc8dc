import Foundation
import HTTP2
import NIOCore
import NIOPosix
import Testing

private typealias Kind = RawPeer.Kind

/// What one hostile connection costs: processor time of the server's event loop, memory, and the time that others wait.
///
/// The server has a loop of its own, whose thread is asked for its processor time, so that what the attacker spends
/// does not count. A debug build spends several times as much as a release build.
@Suite(
    "The cost of a hostile connection", .serialized, .timeLimit(.minutes(2)),
    .enabled(
        if: ProcessInfo.processInfo.environment["COSTS"] != nil,
        "asked for by COSTS=1, on a quiet machine: other tests of the process would count"))
struct HostileCostTests {
    #if DEBUG
        private static let isRelease = false
    #else
        private static let isRelease = true
    #endif

    /// The share of a core that a connection may cost, and the memory that it may hold.
    private static let mostShare = Self.isRelease ? 0.01 : 0.1
    private static let mostMiB = 4.0
    private static let seconds = 2.0

    /// What one attack sends again and again, as fast as the server takes it.
    struct Attack: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Sent first.
        var opening: [UInt8] = []
        /// Sent with numbers that count up; a stream's number is twice that and one.
        var frames: @Sendable (UInt32) -> [UInt8]
    }

    static let attacks: [Attack] = [
        Attack(testDescription: "rapid reset") { number in
            RawPeer.call(2 * number + 1) + RawPeer.frame(Kind.reset, 0, 2 * number + 1, RawPeer.word(8))
        },
        Attack(testDescription: "MadeYouReset") { number in
            let update = RawPeer.frame(Kind.windowUpdate, 0, 2 * number + 1, RawPeer.word(0x7FFF_FFFF))
            return RawPeer.call(2 * number + 1) + update
        },
        Attack(
            testDescription: "CONTINUATION flood", opening: RawPeer.frame(Kind.headers, 0, 1, RawPeer.request)
        ) { _ in RawPeer.frame(Kind.continuation, 0, 1, RawPeer.header("a", "b")) },
        Attack(
            testDescription: "HPACK bomb",
            opening: RawPeer.call(
                1, more: RawPeer.header("x", String(repeating: "y", count: 3900), isIndexed: true))
        ) { number in
            let block = RawPeer.request + [UInt8](repeating: 0x80 | 62, count: 10_000)
            return RawPeer.frame(Kind.headers, RawPeer.endHeaders | RawPeer.endStream, 2 * number + 3, block)
        },
        Attack(testDescription: "table flapping") { number in
            RawPeer.frame(Kind.settings, 0, 0, [0, 1] + RawPeer.word(number % 2 == 0 ? 0 : 65_536))
        },
        Attack(testDescription: "SETTINGS flood") { _ in RawPeer.frame(Kind.settings, 0, 0, []) },
        Attack(testDescription: "PING flood") { _ in RawPeer.frame(Kind.ping, 0, 0, [UInt8](repeating: 0, count: 8)) },
        Attack(testDescription: "PRIORITY flood") { number in
            RawPeer.frame(Kind.priority, 0, 2 * number + 101, RawPeer.word(0) + [16])
        },
        Attack(
            testDescription: "empty DATA", opening: RawPeer.frame(Kind.headers, RawPeer.endHeaders, 1, RawPeer.request)
        ) { _ in RawPeer.frame(Kind.data, 0, 1, []) },
        Attack(testDescription: "WINDOW_UPDATE flood") { _ in
            RawPeer.frame(Kind.windowUpdate, 0, 0, RawPeer.word(1000))
        },
        Attack(testDescription: "unknown frames") { _ in RawPeer.frame(0x42, 0, 0, [1, 2, 3]) },
    ]

    @Test("an attack with frames costs next to nothing before it is cut off", arguments: Self.attacks)
    func frames(attack: Attack) async throws {
        try await self.withServer { server, loop in
            try await self.warmUp(server.port)
            let before = try await loop.processorSeconds()
            let start = ContinuousClock.now
            try await onThread {
                let peer = try RawPeer(port: server.port)
                peer.greet()
                peer.send(attack.opening)
                var number: UInt32 = 0
                while ContinuousClock.now - start < .seconds(Self.seconds) {
                    let batch = (0..<50).flatMap { attack.frames(number + $0) }
                    number += 50
                    if !peer.send(batch) { break }
                }
            }
            let share = (try await loop.processorSeconds() - before) / Self.seconds
            print("\(attack.testDescription): \(Self.text(share * 100)) % of a core")
            #expect(share <= Self.mostShare, "\(share * 100) % of a core")
        }
    }

    /// How a connection is made to hold as much as it can.
    enum Hoard: String, CaseIterable {
        case unfinishedBodies, unreadAnswers, unfinishedHeaders
    }

    @Test("a connection that hoards holds no more than its share of memory", arguments: Hoard.allCases)
    func memory(hoard: Hoard) async throws {
        let connections = 16
        try await self.withServer { server, _ in
            try await self.warmUp(server.port)
            let before = try Self.residentMiB()
            let port = server.port
            let after = try await onThread {
                let peers = try (0..<connections).map { _ in try RawPeer(port: port) }
                for peer in peers { Self.fill(peer, hoard) }
                // Until the server has taken what it takes.
                Thread.sleep(forTimeInterval: 1)
                return try withExtendedLifetime(peers) { try Self.residentMiB() }
            }
            let each = (after - before) / Double(connections)
            print("\(hoard.rawValue): \(Self.text(each)) MiB a connection")
            #expect(each <= Self.mostMiB, "\(each) MiB")
        }
    }

    private static func fill(_ peer: RawPeer, _ hoard: Hoard) {
        switch hoard {
        case .unfinishedBodies:
            peer.greet()
            let piece = [0] + RawPeer.word(2_000_000) + [UInt8](repeating: 7, count: 16 * 1024 - 5)
            for number in 0..<UInt32(60) {
                let stream = 2 * number + 1
                peer.send(
                    RawPeer.frame(Kind.headers, RawPeer.endHeaders, stream, RawPeer.request)
                        + RawPeer.frame(Kind.data, 0, stream, piece))
            }
        case .unreadAnswers:
            peer.greet(settings: [0, 4, 0x7F, 0xFF, 0xFF, 0xFF])
            peer.send(RawPeer.frame(Kind.windowUpdate, 0, 0, RawPeer.word(0x7FFF_0000)))
            for number in 0..<UInt32(100) { peer.send(RawPeer.call(2 * number + 1, path: "/stream")) }
        case .unfinishedHeaders:
            peer.greet()
            let large = (0..<3).flatMap { RawPeer.header("x-\($0)", String(repeating: "y", count: 4000)) }
            for number in 0..<UInt32(99) {
                peer.send(RawPeer.frame(Kind.headers, RawPeer.endHeaders, 2 * number + 1, RawPeer.request + large))
            }
        }
    }

    @Test("while one connection is hostile the calls of another take hardly longer")
    func others() async throws {
        try await self.withServer { server, loop in
            let port = server.port
            let connection = try await connect(port)
            _ = try await self.latencies(connection)
            let quiet = try await self.latencies(connection)
            let stop = Counter()
            async let attacker: Void = onThread {
                // One attack after the other, each on a connection of its own.
                var turn = 0
                while stop.value == 0 {
                    let attack = Self.attacks[turn % Self.attacks.count]
                    turn += 1
                    let peer = try RawPeer(port: port)
                    peer.greet()
                    peer.send(attack.opening)
                    var number: UInt32 = 0
                    while stop.value == 0, peer.send((0..<50).flatMap { attack.frames(number + $0) }) { number += 50 }
                    Thread.sleep(forTimeInterval: 0.1)
                }
            }
            let attacked = try await self.latencies(connection)
            stop.add()
            try await attacker
            connection.close()
            print("p99 of others: \(quiet) alone, \(attacked) beside an attack")
            #expect(attacked <= max(quiet * 2, Self.shortestWait))
        }
    }

    /// Below this a wait says more of the machine than of the server.
    private static let shortestWait = Duration.milliseconds(Self.isRelease ? 5 : 50)

    /// The 99th percentile of calls made one after the other.
    private func latencies(_ connection: GRPCConnection) async throws -> Duration {
        var all: [Duration] = []
        for _ in 0..<2000 {
            let start = ContinuousClock.now
            _ = try await connection.unary(GRPCRequest(path: "/echo", message: [1, 2, 3]))
            all.append(ContinuousClock.now - start)
        }
        return all.sorted()[1979]
    }

    // MARK: The server

    private func withServer(_ body: (GRPCServer, any EventLoop) async throws -> Void) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await GRPCServer.listen(host: "127.0.0.1", port: 0, limits: HTTP2Limits(), group: group)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                await server.run(
                    ClosureHandler { request in
                        guard request.path == "/stream" else { return .message(request.message) }
                        return .messages(
                            AsyncThrowingStream(unfolding: { [UInt8](repeating: 0, count: 10_000) }))
                    })
            }
            defer { server.close() }
            try await body(server, group.any())
        }
        try await group.shutdownGracefully()
    }

    private func warmUp(_ port: Int) async throws {
        let connection = try await connect(port)
        for _ in 0..<200 { _ = try await connection.unary(GRPCRequest(path: "/echo", message: [1])) }
        connection.close()
        try await connection.closed.get()
    }

    private static func residentMiB() throws -> Double {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) }
        return try #require(pages) * Double(sysconf(Int32(_SC_PAGESIZE))) / 1024 / 1024
    }

    private static func text(_ number: Double) -> String { String(format: "%.2f", number) }
}

extension EventLoop {
    /// The processor time that the loop's thread has spent.
    fileprivate func processorSeconds() async throws -> Double {
        try await self.submit {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }.get()
    }
}
