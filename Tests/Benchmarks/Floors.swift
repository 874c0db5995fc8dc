import Foundation

/// What the machine itself can do, measured in the same run as what we do on it.
enum Floors {
    /// Starts `/bin/true` `count` times, `parallel` at a time, and waits for each.
    static func spawn(_ count: Int, parallel: Int) throws {
        var (started, running) = (0, 0)
        while started < count || running > 0 {
            while started < count, running < parallel {
                try self.startTrue()
                started += 1
                running += 1
            }
            var status: Int32 = 0
            guard waitpid(-1, &status, 0) > 0 else { throw BenchmarkError("waitpid: errno \(errno)") }
            running -= 1
        }
    }

    private static func startTrue() throws {
        var process: pid_t = 0
        let path = strdup("/bin/true")
        defer { free(path) }
        var arguments: [UnsafeMutablePointer<CChar>?] = [path, nil]
        let code = posix_spawn(&process, "/bin/true", nil, nil, &arguments, environ)
        guard code == 0 else { throw BenchmarkError("posix_spawn: \(code)") }
    }

    /// Seconds of each of `count` appends of 4 KiB, each made durable before the next.
    static func fsync(_ count: Int, in folder: URL) throws -> [Double] {
        let file = open(folder.appendingPathComponent("fsync").path, O_CREAT | O_WRONLY | O_APPEND, 0o600)
        guard file >= 0 else { throw BenchmarkError("open: errno \(errno)") }
        defer { close(file) }
        let page = [UInt8](repeating: 7, count: 4096)
        let clock = ContinuousClock()
        return try (0..<count).map { _ in
            let start = clock.now
            guard write(file, page, page.count) == page.count, Foundation.fsync(file) == 0 else {
                throw BenchmarkError("write or fsync: errno \(errno)")
            }
            return (clock.now - start).seconds
        }
    }

    /// Seconds that `make -j16` takes for `count` targets in layers, each of which needs the whole layer before.
    static func make(layers: Int, width: Int, in folder: URL) throws -> Double {
        var text = "all:" + (0..<width).map { " t\(layers - 1)_\($0)" }.joined() + "\n"
        for layer in 0..<layers {
            let needs = layer == 0 ? "" : (0..<width).map { " t\(layer - 1)_\($0)" }.joined()
            for index in 0..<width { text += "t\(layer)_\(index):\(needs)\n\t@/bin/true\n" }
        }
        let file = folder.appendingPathComponent("Makefile")
        try text.write(to: file, atomically: true, encoding: .utf8)
        let clock = ContinuousClock()
        let start = clock.now
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/make")
        process.arguments = ["-s", "-j16", "-f", file.path]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BenchmarkError("make: \(process.terminationStatus)") }
        return (clock.now - start).seconds
    }
}
