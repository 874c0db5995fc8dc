import Foundation

/// A folder that is there for as long as a test needs it.
enum TemporaryFolder {
    static func with<Value>(_ body: (String) throws -> Value) throws -> Value {
        let url = try self.make()
        defer { self.remove(url) }
        return try body(url.path)
    }

    static func with<Value>(_ body: (String) async throws -> Value) async throws -> Value {
        let url = try self.make()
        defer { self.remove(url) }
        return try await body(url.path)
    }

    private static func make() throws -> URL {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("apus-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return url
    }

    private static func remove(_ url: URL) {
        do {
            try FileManager.default.removeItem(at: url)
        } catch {
            assertionFailure("\(url.path) was not removed: \(error)")
        }
    }
}
