import Foundation
import Synchronization

/// Stands between a store and PostgreSQL, and loses what it is told to lose.
final class PostgresProxy: Sendable {
    enum Fault: Sendable {
        /// The server gets nothing of it.
        case requestLost
        /// The server has done it, and nobody hears of it.
        case answerLost
    }

    private struct State {
        var fault: (kind: Fault, marker: Data)?
        var faults = 0
        var isClosed = false
    }

    let folder: String
    private let target: String
    private let listener: Int32
    private let state = Mutex(State())

    /// - Parameter target: the socket of the server.
    init(to target: String) throws {
        self.target = target
        self.folder = "/tmp/apus-proxy-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
        self.listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard Self.withAddress("\(self.folder)/.s.PGSQL.5432", { bind(self.listener, $0, $1) }) == 0,
            listen(self.listener, 16) == 0
        else { throw POSIXError(.EADDRNOTAVAIL) }
        let thread = Thread { [self] in self.accept() }
        thread.start()
    }

    var faults: Int { self.state.withLock { $0.faults } }

    /// Ends the next connection that sends these bytes.
    func lose(_ kind: Fault, after marker: String) {
        self.state.withLock { $0.fault = (kind, Data(marker.utf8)) }
    }

    func close() {
        self.state.withLock { $0.isClosed = true }
        shutdown(self.listener, Int32(SHUT_RDWR))
        Glibc.close(self.listener)
        unlink("\(self.folder)/.s.PGSQL.5432")
        rmdir(self.folder)
    }

    private func accept() {
        while !self.state.withLock({ $0.isClosed }) {
            let client = Glibc.accept(self.listener, nil, nil)
            guard client >= 0 else { return }
            let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            guard Self.withAddress(self.target, { connect(server, $0, $1) }) == 0 else { return }
            Thread { [self] in self.relay(client, server) }.start()
        }
    }

    private func relay(_ client: Int32, _ server: Int32) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        defer {
            Glibc.close(client)
            Glibc.close(server)
        }
        while true {
            var polled = [
                pollfd(fd: client, events: Int16(POLLIN), revents: 0),
                pollfd(fd: server, events: Int16(POLLIN), revents: 0),
            ]
            poll(&polled, 2, -1)
            let (source, sink) = polled[0].revents != 0 ? (client, server) : (server, client)
            let count = read(source, &buffer, buffer.count)
            guard count > 0 else { return }
            if source == client, let fault = self.takeFault(Data(buffer.prefix(count))) {
                guard fault == .answerLost else { return }
                guard write(server, buffer, count) == count else { return }
                // The first byte of the answer, at the latest, says that it was done: all of it was one request.
                Self.readToIdle(server)
                return
            }
            guard write(sink, buffer, count) == count else { return }
        }
    }

    /// Reads the server's answers until it says that it waits for more to do.
    private static func readToIdle(_ server: Int32) {
        var tail: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        // "Ready for query", length 5, idle.
        while tail.suffix(6) != [0x5A, 0, 0, 0, 5, 0x49] {
            let count = read(server, &buffer, buffer.count)
            guard count > 0 else { return }
            tail += buffer.prefix(count)
        }
    }

    private func takeFault(_ bytes: Data) -> Fault? {
        self.state.withLock { state in
            guard let fault = state.fault, bytes.range(of: fault.marker) != nil else { return nil }
            state.fault = nil
            state.faults += 1
            return fault.kind
        }
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            bytes.copyBytes(from: path.utf8.prefix(bytes.count - 1))
        }
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
