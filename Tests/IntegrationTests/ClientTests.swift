import Foundation
import IntegrationSupport
import TestSupport
import Testing

/// The public Python clients, as their users install them.
@Suite("Public clients", .timeLimit(.minutes(10)))
struct ClientTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    static let python = Self.folder.deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent(".venv/bin/python")

    @Test(
        "a public client creates, waits for, lists, gets, reads the logs of and deletes a workflow",
        arguments: ["hera_client.py", "openapi_client.py"], [false, true])
    func client(script: String, isSecure: Bool) throws {
        try #require(
            FileManager.default.isExecutableFile(atPath: Self.python.path), "run scripts/setup to install the clients")
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let server = try ApusServer(folder: folder.url, isSecure: isSecure)
        defer { server.stop() }
        let path = Self.folder.appendingPathComponent("Clients/\(script)").path
        let result = try run(Self.python, [path, server.baseURL])
        #expect(result.exitCode == 0, "\(result.output)\(result.errors)")
    }
}
