package import Foundation
import Synchronization

/// A private PostgreSQL: its data, and the only socket it listens on, are in a temporary folder.
///
/// It writes with fsync on, as in production. It ends when this process ends, however that ends, and nothing is left.
package final class PostgresCluster: Sendable {
    /// How long the server may take to start or to stop.
    private static let patienceSeconds = 60.0
    private static let user = "apus"

    package let folder: URL
    private let programs: String
    private let settings: [String]
    /// The shell that watches over the server, and the pipe whose end tells it to make an end.
    private let server = Mutex<(process: Process, lifeline: Pipe)?>(nil)
    private let databases = Mutex(0)

    /// The cluster that the tests of this process share: started by whoever asks first.
    package static func shared() async throws -> PostgresCluster { try await Self.started.value }

    private static let started = Task.detached { try await PostgresCluster.make() }

    /// Makes a cluster and starts it.
    ///
    /// - Parameter settings: more of the server's settings, `name=value`.
    /// - Throws: `PostgresClusterError` where PostgreSQL is not installed or does not start.
    package static func make(settings: [String] = []) async throws -> PostgresCluster {
        try await self.aside { try PostgresCluster(settings: settings) }
    }

    /// Waits for programs on a thread of its own: the threads that tasks share are few.
    private static func aside<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result { try work() }) }.start()
        }
    }

    private init(settings: [String]) throws {
        self.programs = try Self.findPrograms()
        self.settings = settings
        // A socket's path has at most 107 bytes.
        self.folder = URL(fileURLWithPath: "/tmp/apus-pg-\(UInt32.random(in: .min ... .max))")
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        do {
            if Self.isRoot { try Self.check("chown", ["postgres", self.folder.path]) }
            try Self.check(
                Self.account[0],
                Self.account.dropFirst() + [
                    "\(self.programs)/initdb", "-D", self.data, "-U", Self.user, "-A", "trust", "-E", "UTF8",
                    "--locale=C.UTF-8", "--no-sync",
                ])
            try self.startServer()
        } catch {
            try FileManager.default.removeItem(at: self.folder)
            throw error
        }
    }

    deinit { self.stop() }

    // MARK: Databases

    /// A connection string of a new and empty database.
    package func makeDatabase() async throws -> String {
        let name = self.databases.withLock { count in
            count += 1
            return "test\(count)"
        }
        try await self.query("CREATE DATABASE \(name)")
        return self.connection(to: name)
    }

    package func connection(to database: String) -> String {
        "host=\(self.folder.path) user=\(Self.user) dbname=\(database)"
    }

    /// Runs a statement as the cluster's owner, and returns what `psql` prints of its rows.
    @discardableResult
    package func query(_ sql: String, database: String = "postgres") async throws -> String {
        let connection = self.connection(to: database)
        let program = "\(self.programs)/psql"
        return try await Self.aside {
            try Self.check(program, ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, connection])
        }
    }

    // MARK: Starting and stopping

    private var data: String { "\(self.folder.path)/data" }
    private var log: String { "\(self.folder.path)/log" }

    /// Starts the server and returns once it answers.
    package func start() async throws { try await Self.aside { try self.startServer() } }

    private func startServer() throws {
        let options =
            [
                "listen_addresses=", "unix_socket_directories=\(self.folder.path)", "max_connections=100",
                "shared_buffers=64MB",
            ] + self.settings
        let command =
            Self.account + ["\(self.programs)/postgres", "-D", self.data] + options.flatMap { ["-c", $0] }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // Ends when the lifeline does, which the kernel cuts when this process dies: then the server ends at once.
        // The shell's own `wait` needs SIGCHLD, which threads of this process block.
        let script = """
            "$@" >>"$folder/log" 2>&1 </dev/null & server=$!
            read -r word
            kill -QUIT $server 2>/dev/null
            while test -e "$folder/data/postmaster.pid"; do sleep 0.01; done
            test "$word" = stop || rm -rf "$folder"
            """
        process.arguments = ["-c", script, "sh"] + command
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["folder": self.folder.path]
        ) { _, new in new }
        let lifeline = Pipe()
        process.standardInput = lifeline
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.server.withLock { $0 = (process, lifeline) }
        let deadline = Date(timeIntervalSinceNow: Self.patienceSeconds)
        while try Self.run("\(self.programs)/pg_isready", ["-q", "-h", self.folder.path]).status != 0 {
            guard process.isRunning, Date() < deadline else {
                let said = try String(contentsOfFile: self.log, encoding: .utf8)
                throw PostgresClusterError("PostgreSQL does not start: \(said.suffix(2_000))")
            }
            usleep(20_000)
        }
    }

    /// Ends the server without letting it finish anything, as a crash would.
    ///
    /// It can be started again.
    package func kill() async throws { try await Self.aside { self.endServer() } }

    private func endServer() {
        self.server.withLock { server in
            guard let running = server else { return }
            running.lifeline.fileHandleForWriting.write(Data("stop\n".utf8))
            running.process.waitUntilExit()
            server = nil
        }
    }

    /// Ends the server and removes everything.
    package func stop() {
        self.endServer()
        do {
            try FileManager.default.removeItem(at: self.folder)
        } catch {
            FileHandle.standardError.write(Data("cannot remove \(self.folder.path): \(error)\n".utf8))
        }
    }

    // MARK: Programs

    private static var isRoot: Bool { getuid() == 0 }

    /// PostgreSQL refuses to run as root.
    private static var account: [String] {
        self.isRoot ? ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : ["/usr/bin/env"]
    }

    private static func findPrograms() throws -> String {
        let versions = "/usr/lib/postgresql"
        var folders: [String] = []
        if FileManager.default.fileExists(atPath: versions) {
            folders = try FileManager.default.contentsOfDirectory(atPath: versions)
                .sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "\(versions)/\($0)/bin" }
        }
        folders += (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        for folder in folders
        where ["initdb", "postgres", "psql", "pg_isready"].allSatisfy({
            FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)")
        }) {
            return folder
        }
        throw PostgresClusterError("PostgreSQL is not installed (no initdb): run scripts/setup")
    }

    @discardableResult
    private static func check(_ program: String, _ arguments: [String]) throws -> String {
        let (status, output) = try self.run(program, arguments)
        guard status == 0 else {
            throw PostgresClusterError("\(program) \(arguments.joined(separator: " ")) ended with \(status): \(output)")
        }
        return output
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program.hasPrefix("/") ? program : "/usr/bin/env")
        process.arguments = program.hasPrefix("/") ? arguments : [program] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .newlines))
    }
}

/// Why tests have no PostgreSQL.
package struct PostgresClusterError: Error, CustomStringConvertible {
    package var description: String

    init(_ description: String) { self.description = description }
}
