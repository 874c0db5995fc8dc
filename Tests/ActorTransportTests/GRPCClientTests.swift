import ActorTransport
import Foundation
import IntegrationSupport
import Testing

/// The public client of gRPC, as its users install it.
@Suite("Clients of gRPC", .timeLimit(.minutes(5)))
struct GRPCClientTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    private static let python = Self.folder.deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent(".venv/bin/python")

    @Test("the Python client calls actors, reads streams, sees statuses and asks for the health")
    func python() async throws {
        try #require(
            FileManager.default.isExecutableFile(atPath: Self.python.path), "run scripts/setup to install the clients")
        try await withPair(.http2) { pair in
            let port = try #require(pair.server).port
            let script = Self.folder.appendingPathComponent("Clients/grpc_client.py").path
            let result = try await onThread { try run(Self.python, [script, "\(port)"]) }
            try #require(result.exitCode == 0, "\(result.output)\(result.errors)")
            // What the client gave up was given up here.
            await pair.backend.cancelled()
            await pair.backend.streamEnded()
        }
    }
}

/// Runs what blocks where it blocks nobody.
private func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}
