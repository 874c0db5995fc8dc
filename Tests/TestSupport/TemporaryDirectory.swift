package import Foundation

/// A directory of one test, deleted with everything in it once the test is over.
package struct TemporaryDirectory: Sendable {
    package let url: URL

    package var path: String { self.url.path }

    /// Makes a directory; whoever makes it removes it.
    package init(_ name: String = "test") throws {
        self.url = FileManager.default.temporaryDirectory.appending(path: "apus-\(name)-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.url, withIntermediateDirectories: true)
    }

    /// Removes the directory, for `defer`; where it cannot be, that is said.
    package func remove() {
        do {
            try FileManager.default.removeItem(at: self.url)
        } catch {
            FileHandle.standardError.write(Data("cannot remove \(self.path): \(error)\n".utf8))
        }
    }

    /// Makes a directory, hands it to the body and deletes it, whatever the body does.
    package static func with<Outcome>(
        _ name: String = "test", _ body: (TemporaryDirectory) async throws -> Outcome
    ) async throws -> Outcome {
        let directory = try TemporaryDirectory(name)
        defer { directory.remove() }
        return try await body(directory)
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
