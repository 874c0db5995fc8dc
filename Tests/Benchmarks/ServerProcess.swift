import Foundation

/// A server of the transport benchmarks: ours, or one to compare it with.
final class ServerProcess {
    let port: Int
    private let process: Process
    private let input: Pipe

    private init(_ executable: URL, _ arguments: [String], port: Int?) throws {
        self.process = Process()
        self.input = Pipe()
        let output = Pipe()
        self.process.executableURL = executable
        self.process.arguments = arguments
        self.process.standardInput = self.input
        self.process.standardOutput = output
        self.process.standardError = FileHandle.nullDevice
        try self.process.run()
        if let port {
            self.port = port
        } else {
            let text = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            guard let told = Int(text.prefix { $0.isNumber }) else {
                throw BenchmarkError("\(executable.path) did not tell its port: '\(text)'")
            }
            self.port = told
        }
    }

    static func ours(_ mode: TransportServer.Mode, folder: URL) throws -> ServerProcess {
        try ServerProcess(
            URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath(),
            ["transport-server", mode.rawValue, folder.path], port: nil)
    }

    /// It serves `folder/echo`, which is as long as an echo.
    static func nghttpd(folder: URL) throws -> ServerProcess {
        // It cannot tell which port it took: any that is free will do.
        let port = try self.freePort()
        let server = try ServerProcess(
            try self.program("nghttpd"), ["--no-tls", "-n1", "-d", folder.path, "\(port)"], port: port)
        Thread.sleep(forTimeInterval: 0.5)
        return server
    }

    static func python() throws -> ServerProcess {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try ServerProcess(
            root.appendingPathComponent(".venv/bin/python"),
            [root.appendingPathComponent("Tests/Benchmarks/grpc_server.py").path], port: nil)
    }

    func stop() {
        self.input.fileHandleForWriting.closeFile()
        // A child of a thread of the pool inherits that other signals are blocked.
        kill(self.process.processIdentifier, SIGKILL)
        self.process.waitUntilExit()
    }

    /// Seconds of processor time that all its threads have spent.
    func cpuSeconds() throws -> Double {
        let tasks = "/proc/\(self.process.processIdentifier)/task"
        return try FileManager.default.contentsOfDirectory(atPath: tasks).reduce(0) { sum, task in
            let text = try String(contentsOfFile: "\(tasks)/\(task)/schedstat", encoding: .utf8)
            guard let nanoseconds = text.split(separator: " ").first.flatMap({ Double($0) }) else {
                throw BenchmarkError("cannot read \(tasks)/\(task)/schedstat")
            }
            return sum + nanoseconds / 1e9
        }
    }

    // MARK: Programs

    static func output(of name: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = try self.program(name)
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    private static func program(_ name: String) throws -> URL {
        for folder in ["/usr/bin", "/usr/sbin", "/usr/local/bin"] {
            let file = URL(fileURLWithPath: folder).appendingPathComponent(name)
            if FileManager.default.isExecutableFile(atPath: file.path) { return file }
        }
        throw BenchmarkError("\(name) is missing: install nghttp2-client and nghttp2-server")
    }

    private static func freePort() throws -> Int {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket, address, length) == 0 ? getsockname(socket, address, &length) : -1
            }
        }
        guard result == 0 else { throw BenchmarkError("no port is free") }
        return Int(in_port_t(bigEndian: address.sin_port))
    }
}
