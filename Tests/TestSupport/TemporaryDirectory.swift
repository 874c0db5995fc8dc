package import Foundation

/// A directory of one test, deleted with everything in it once the test is over.
package struct TemporaryDirectory: Sendable {
    package let url: URL

    package var path: String { self.url.path }

    /// Makes a directory, hands it to the body and deletes it, whatever the body does.
    package static func with<Outcome>(
        _ name: String = "test", _ body: (TemporaryDirectory) async throws -> Outcome
    ) async throws -> Outcome {
        let url = FileManager.default.temporaryDirectory.appending(path: "apus-\(name)-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        do {
            let outcome = try await body(TemporaryDirectory(url: url))
            try FileManager.default.removeItem(at: url)
            return outcome
        } catch {
            // The test's own failure is the one to tell.
            try FileManager.default.removeItem(at: url)
            throw error
        }
    }

    /// Writes a file and answers its path.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        let file = self.url.appending(path: name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        return file.path
    }
}
