import Foundation

/// A server that was started as a shell would start it.
///
/// Foundation's `Process` closes every descriptor that there might be, which takes longer than the server does.
struct StartedServer {
    let process: pid_t
    /// Seconds from the command until the server listened.
    let seconds: Double

    init(_ program: String, dataFolder: String) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw BenchmarkError("pipe: errno \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        let words = [program, "server", "--data-dir", dataFolder, "--port", "0", "--isolation", "none"]
        var arguments = words.map { strdup($0) } + [nil]
        defer { for word in arguments { free(word) } }
        let clock = ContinuousClock()
        let start = clock.now
        var process: pid_t = 0
        let code = posix_spawn(&process, program, &actions, nil, &arguments, environ)
        close(ends[1])
        guard code == 0 else { throw BenchmarkError("posix_spawn \(program): \(code)") }
        var text = ""
        var bytes = [UInt8](repeating: 0, count: 4_096)
        while !text.contains("listening on") {
            let count = read(ends[0], &bytes, bytes.count)
            guard count > 0 else { throw BenchmarkError("the server ended before it listened") }
            text += String(decoding: bytes[..<count], as: UTF8.self)
        }
        self.process = process
        self.seconds = (clock.now - start).seconds
    }

    func stop() throws {
        kill(self.process, SIGTERM)
        var status: Int32 = 0
        guard waitpid(self.process, &status, 0) == self.process else { throw BenchmarkError("waitpid: errno \(errno)") }
    }
}
