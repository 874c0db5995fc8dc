package import Foundation

/// A real `apus server` on a data folder and a port of its own.
package final class ApusServer {
    package let folder: URL
    package private(set) var port = 0
    package private(set) var process = Process()
    private let isolation: String
    private let environment: [String: String]
    private let isSecure: Bool
    private let options: [String]
    private let errors: URL

    /// Starts a server and returns once it listens.
    ///
    /// - Parameters:
    ///   - folder: its data folder; the caller removes it.
    ///   - options: more of the command's options.
    package init(
        folder: URL, isolation: String = "none", environment: [String: String] = [:], isSecure: Bool = false,
        options: [String] = []
    ) throws {
        self.isSecure = isSecure
        self.options = options
        self.folder = folder
        self.isolation = isolation
        self.environment = environment
        self.errors = folder.appendingPathComponent("server.log")
        try self.start()
    }

    package var baseURL: String { "\(self.isSecure ? "https" : "http")://127.0.0.1:\(self.port)" }

    /// The server's self-signed certificate, where it speaks TLS.
    package var certificate: String { self.folder.appendingPathComponent("data/tls/server.crt").path }

    package var processID: Int32 { self.process.processIdentifier }

    /// Starts the server again on the same data folder, on whatever port is free.
    package func start() throws {
        let data = self.folder.appendingPathComponent("data")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = try ApusBinary.url
        process.arguments =
            [
                "server", "--data-dir", data.path, "--port", "0", "--isolation", self.isolation, "--loglevel", "info",
            ] + self.options
        if self.isSecure { process.arguments?.append("--secure") }
        process.environment = ProcessInfo.processInfo.environment.merging(self.environment) { _, added in added }
        let output = Pipe()
        process.standardOutput = output
        if !FileManager.default.fileExists(atPath: self.errors.path) {
            try Data().write(to: self.errors)
        }
        let log = try FileHandle(forWritingTo: self.errors)
        try log.seekToEnd()
        process.standardError = log
        process.standardInput = FileHandle.nullDevice
        try process.run()
        self.process = process
        self.port = try Self.port(in: output.fileHandleForReading, of: process, log: self.errors)
    }

    /// Reads what the server prints until it says where it listens.
    private static func port(in output: FileHandle, of process: Process, log: URL) throws -> Int {
        var text = ""
        while true {
            let bytes = output.availableData
            guard !bytes.isEmpty else {
                process.waitUntilExit()
                let said = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
                throw FixtureError("the server ended with \(process.terminationStatus) before it listened: \(said)")
            }
            text += String(decoding: bytes, as: UTF8.self)
            if let range = text.range(of: #"https?://127\.0\.0\.1:[0-9]+"#, options: .regularExpression),
                text[range.upperBound...].contains("\n"), let port = Int(text[range].split(separator: ":")[2])
            {
                return port
            }
        }
    }

    /// Ends the server as a crash would: SIGKILL, no farewell.
    package func kill() {
        Foundation.kill(self.process.processIdentifier, SIGKILL)
        self.process.waitUntilExit()
    }

    /// Ends the server as an operator would: SIGTERM.
    @discardableResult
    package func stop() -> Int32 {
        self.process.terminate()
        self.process.waitUntilExit()
        return self.process.terminationStatus
    }

    package var log: String {
        get throws { try String(contentsOf: self.errors, encoding: .utf8) }
    }
}
