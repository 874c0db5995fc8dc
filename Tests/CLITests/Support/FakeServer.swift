import Foundation
import Glibc
import Synchronization

/// A tiny HTTP server on a free port of the loopback interface: answers each request by a closure.
final class FakeServer: Sendable {
    struct Request: Sendable {
        var method: String
        var path: String
        var query: [String: String]
        var headers: [String: String]
        var body: String
    }

    struct Reply: Sendable {
        var status = 200
        var headers = ["Content-Type": "application/json"]
        /// The body in pieces; `nil` waits until the client has gone.
        var pieces: [String?]

        static func json(_ text: String, status: Int = 200) -> Reply { Reply(status: status, pieces: [text]) }

        static func error(_ status: Int, code: Int, _ message: String) -> Reply {
            let quoted = message.replacingOccurrences(of: "\"", with: "\\\"")
            return .json("{\"code\":\(code),\"message\":\"\(quoted)\"}", status: status)
        }

        static func events(_ messages: [String]) -> Reply {
            Reply(
                headers: ["Content-Type": "text/event-stream"], pieces: messages.map { "data: {\"result\":\($0)}\n\n" })
        }
    }

    let port: Int
    private let descriptor: Int32
    private let seen = Mutex<[Request]>([])
    private let written = Mutex(0)
    private let handler: @Sendable (Request) -> Reply

    var address: String { "127.0.0.1:\(self.port)" }
    var requests: [Request] { self.seen.withLock { $0 } }
    /// Bytes of bodies that the system has taken from the server.
    var writtenBytes: Int { self.written.withLock { $0 } }

    init(_ handler: @escaping @Sendable (Request) -> Reply) throws {
        self.handler = handler
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(descriptor, name, length) == 0 && listen(descriptor, 128) == 0
                    && getsockname(descriptor, name, &length) == 0
            }
        }
        guard isListening else { throw POSIXError(.EADDRNOTAVAIL) }
        self.descriptor = descriptor
        self.port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0, let self else { return }
                Thread.detachNewThread { self.serve(connection) }
            }
        }
    }

    deinit {
        shutdown(self.descriptor, Int32(SHUT_RDWR))
        close(self.descriptor)
    }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        guard let request = self.read(connection) else { return }
        self.seen.withLock { $0.append(request) }
        let reply = self.handler(request)
        var head = "HTTP/1.1 \(reply.status) Status\r\nConnection: close\r\n"
        for (name, value) in reply.headers { head += "\(name): \(value)\r\n" }
        guard self.write(head + "\r\n", to: connection) else { return }
        for piece in reply.pieces {
            guard let piece else {
                var byte: UInt8 = 0
                while recv(connection, &byte, 1, 0) > 0 {}
                return
            }
            guard self.write(piece, to: connection) else { return }
            self.written.withLock { $0 += piece.utf8.count }
        }
    }

    private func write(_ text: String, to connection: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        var head = ""
        while true {
            if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
                head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
                bytes.removeSubrange(..<end.upperBound)
                break
            }
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            bytes += chunk[..<count]
        }
        let lines = head.components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard let name = parts.first else { continue }
            headers[name.lowercased()] = parts.count == 2 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
        while bytes.count < Int(headers["content-length"] ?? "0") ?? 0 {
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            bytes += chunk[..<count]
        }
        let words = lines[0].split(separator: " ")
        let target = URLComponents(string: String(words[1]))
        let query = (target?.queryItems ?? []).map { ($0.name, $0.value ?? "") }
        return Request(
            method: String(words[0]), path: target?.path ?? "",
            query: Dictionary(query, uniquingKeysWith: { _, last in last }), headers: headers,
            body: String(decoding: bytes, as: UTF8.self))
    }
}
