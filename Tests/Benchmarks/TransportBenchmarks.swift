import ActorTransport
import Foundation
import HTTP2
import Model
import NIOCore
import TLS

/// B7: what a call between members costs, on one connection with 64 calls in flight.
///
/// The serving side is a process of its own; what is measured is its processor time for each call. Raw calls are made
/// by `h2load`, which sees any HTTP status 200 as success: an echo through our own client shows first that they are
/// answered.
struct TransportBenchmarks {
    let folder: URL
    let rounds: Int

    private static let inFlight = 64
    private static let warmUp = 20_000
    private static let calls = 200_000
    /// For the server written in Python, which needs a hundred times as long.
    private static let slowCalls = 10_000
    private static let messageBytes = 200

    private struct Run {
        /// Seconds of the server's processor time for each call.
        var cpu: Double
        var wall: Double
    }

    func all(into report: inout Report) async throws {
        try TransportIdentity.write(to: self.folder)
        try await self.actors(.actor, "plaintext", aim: 4, into: &report)
        try await self.actors(.secure, "mutual TLS", aim: 5, into: &report)
        try await self.raw(into: &report)
    }

    // MARK: Actors

    private func actors(
        _ mode: TransportServer.Mode, _ name: String, aim: Double, into report: inout Report
    ) async throws {
        var runs: [Run] = []
        for _ in 0..<self.rounds {
            let server = try ServerProcess.ours(mode, folder: self.folder)
            defer { server.stop() }
            runs.append(try await self.actorRun(server, isSecure: mode == .secure))
        }
        let cpu = runs.map(\.cpu).median * 1e6
        report.add(
            Figure(
                benchmark: "B7", what: "actor calls, \(name), 1 connection, \(Self.inFlight) in flight",
                value: 1 / runs.map(\.wall).median, unit: "/s", aim: ""))
        report.add(
            Figure(
                benchmark: "B7", what: "the same: CPU of the server for each", value: cpu, unit: "µs",
                aim: "≤ \(Int(aim)) µs", isMet: cpu <= aim))
    }

    private func actorRun(_ server: ServerProcess, isSecure: Bool) async throws -> Run {
        let tls = isSecure ? try TransportIdentity.read("client", self.folder) : nil
        let addresses = MemberAddresses([
            TransportServer.member: MemberAddress(host: "127.0.0.1", port: server.port, role: .runner)
        ])
        let transport = HTTP2Transport(addresses: addresses, tls: tls)
        defer { transport.drain() }
        let system = ApusActorSystem(member: "client", transport: transport)
        let runner = try $RunnerContract.resolve(id: .runner(on: TransportServer.member), using: system)
        let pods = [
            PodIdentity(workflowUID: "019a8d3e-7c1b-7f00-8000-0123456789ab", nodeID: "fan-1234567890", attempt: 0)
        ]
        guard try await runner.unknown(pods) == pods else { throw BenchmarkError("the echo is not equal") }
        try await self.repeated(Self.warmUp) { _ = try await runner.unknown(pods) }
        return try await self.measure(server, calls: Self.calls) {
            try await self.repeated(Self.calls) { _ = try await runner.unknown(pods) }
        }
    }

    private func repeated(_ count: Int, _ call: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.inFlight {
                group.addTask { for _ in 0..<count / Self.inFlight { try await call() } }
            }
            try await group.waitForAll()
        }
    }

    private func measure(_ server: ServerProcess, calls: Int, _ work: () async throws -> Void) async throws -> Run {
        let clock = ContinuousClock()
        let (start, cpu) = (clock.now, try server.cpuSeconds())
        try await work()
        return Run(
            cpu: (try server.cpuSeconds() - cpu) / Double(calls), wall: (clock.now - start).seconds / Double(calls))
    }

    // MARK: Raw calls

    private func raw(into report: inout Report) async throws {
        let message = self.folder.appendingPathComponent("message")
        let bytes = [UInt8](repeating: 7, count: Self.messageBytes)
        let framed = [0, 0, 0, 0, UInt8(Self.messageBytes)] + bytes
        try Data(framed).write(to: message)
        try Data(framed).write(to: self.folder.appendingPathComponent("echo"))
        var (ours, theirs, python): ([Run], [Run], [Run]) = ([], [], [])
        for _ in 0..<self.rounds {
            let server = try ServerProcess.ours(.raw, folder: self.folder)
            let connection = try await GRPCConnection.connect(
                host: "127.0.0.1", port: server.port, limits: .members, timeout: .seconds(5)
            ).get()
            guard try await connection.unary(GRPCRequest(path: "/echo", message: bytes)) == bytes else {
                throw BenchmarkError("the echo is not equal")
            }
            connection.close()
            ours.append(try await self.load(server, calls: Self.calls))
            theirs.append(try await self.load(try .nghttpd(folder: self.folder), calls: Self.calls))
            python.append(try await self.load(try .python(), calls: Self.slowCalls))
        }
        let (cpu, floor) = (ours.map(\.cpu).median * 1e6, theirs.map(\.cpu).median * 1e6)
        report.add(
            Figure(
                benchmark: "B7", what: "raw unary calls under h2load: CPU of the server for each; floor: nghttpd",
                value: cpu, unit: "µs", floor: floor, aim: "≤ 1.5 ×", isMet: cpu <= 1.5 * floor))
        report.add(
            Figure(
                benchmark: "B7", what: "the same: rate; floor: nghttpd", value: 1 / ours.map(\.wall).median,
                unit: "/s", floor: 1 / theirs.map(\.wall).median, aim: ""))
        report.add(
            Figure(
                benchmark: "B7", what: "for scale: CPU of Python's grpcio for each",
                value: python.map(\.cpu).median * 1e6,
                unit: "µs", aim: ""))
    }

    /// Ends the server after it.
    private func load(_ server: ServerProcess, calls: Int) async throws -> Run {
        defer { server.stop() }
        try self.h2load(server, calls: calls / 10)
        return try await self.measure(server, calls: calls) { try self.h2load(server, calls: calls) }
    }

    private func h2load(_ server: ServerProcess, calls: Int) throws {
        let arguments = [
            "-c1", "-m\(Self.inFlight)", "-n\(calls)", "-d", self.folder.appendingPathComponent("message").path,
            "-H", "content-type: application/grpc", "-H", "te: trailers", "http://127.0.0.1:\(server.port)/echo",
        ]
        let output = try ServerProcess.output(of: "h2load", arguments)
        guard output.contains("\(calls) succeeded, 0 failed") else { throw BenchmarkError("h2load: \(output)") }
    }
}
