import Foundation
import Glibc

/// A peer that sends what it likes: frames by hand on a plain socket.
///
/// It blocks, so it is used by `onThread`.
final class RawPeer {
    struct Frame: Equatable {
        var type: UInt8
        var flags: UInt8
        var stream: UInt32
        var payload: [UInt8]
    }

    enum Kind {
        static let data: UInt8 = 0
        static let headers: UInt8 = 1
        static let priority: UInt8 = 2
        static let reset: UInt8 = 3
        static let settings: UInt8 = 4
        static let ping: UInt8 = 6
        static let goAway: UInt8 = 7
        static let windowUpdate: UInt8 = 8
        static let continuation: UInt8 = 9
    }

    static let endStream: UInt8 = 1
    static let endHeaders: UInt8 = 4
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private let socket: Int32
    private var received: [UInt8] = []
    /// Whether the other side has closed.
    private(set) var isClosed = false

    init(port: Int, timeoutSeconds: Int = 20) throws {
        self.socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(self.socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw POSIXError(.ECONNREFUSED) }
        var limit = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        setsockopt(self.socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(self.socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { Glibc.close(self.socket) }

    // MARK: Sending

    /// - Returns: whether the other side took it.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(self.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Preface, settings and the acknowledgement of the other side's.
    func greet(settings: [UInt8] = []) {
        self.send(
            RawPeer.preface + RawPeer.frame(Kind.settings, 0, 0, settings) + RawPeer.frame(Kind.settings, 1, 0, []))
    }

    static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
        let length = payload.count
        return [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags]
            + self.word(stream) + payload
    }

    static func word(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }

    /// A header as HPACK writes one that is in no table; with `isIndexed` it is put there.
    static func header(_ name: String, _ value: String, isIndexed: Bool = false) -> [UInt8] {
        [isIndexed ? 0x40 : 0] + self.text(name) + self.text(value)
    }

    private static func text(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        guard bytes.count >= 127 else { return [UInt8(bytes.count)] + bytes }
        var length = bytes.count - 127
        var prefix: [UInt8] = [127]
        while length >= 128 {
            prefix.append(UInt8(length & 127 | 128))
            length >>= 7
        }
        return prefix + [UInt8(length)] + bytes
    }

    static let request = request(path: "/a.B/C")

    static func request(path: String) -> [UInt8] {
        self.header(":method", "POST") + self.header(":scheme", "http") + self.header(":path", path)
            + self.header(":authority", "x") + self.header("te", "trailers")
            + self.header("content-type", "application/grpc")
    }

    /// A whole call with an empty message.
    static func call(_ stream: UInt32, path: String = "/a.B/C", more: [UInt8] = []) -> [UInt8] {
        self.frame(Kind.headers, self.endHeaders, stream, self.request(path: path) + more)
            + self.frame(Kind.data, self.endStream, stream, [0, 0, 0, 0, 0])
    }

    // MARK: Receiving

    /// The next frame, or `nil` where the other side closed or says nothing for the time of the socket.
    func next() -> Frame? {
        while true {
            if let frame = self.parse() { return frame }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = buffer.withUnsafeMutableBytes { Glibc.recv(self.socket, $0.baseAddress, $0.count, 0) }
            if count == 0 || count < 0 && errno != EAGAIN && errno != EINTR { self.isClosed = true }
            guard count > 0 else { return nil }
            self.received += buffer[..<count]
        }
    }

    private func parse() -> Frame? {
        guard self.received.count >= 9 else { return nil }
        let length = self.received[..<3].reduce(0) { $0 << 8 | Int($1) }
        guard self.received.count >= 9 + length else { return nil }
        let stream = self.received[5..<9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let frame = Frame(
            type: self.received[3], flags: self.received[4], stream: stream,
            payload: Array(self.received[9..<9 + length]))
        self.received.removeFirst(9 + length)
        return frame
    }

    /// Reads until a frame of one kind comes.
    func next(_ kind: UInt8, on stream: UInt32? = nil) -> Frame? {
        while let frame = self.next() {
            if frame.type == kind, stream.map({ $0 == frame.stream }) ?? true { return frame }
        }
        return nil
    }

    /// The code of the GOAWAY with which the other side ends the connection, after everything before it.
    func farewell() -> UInt32? {
        guard let frame = self.next(Kind.goAway), frame.payload.count >= 8 else { return nil }
        let code = frame.payload[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        while self.next() != nil {}
        return self.isClosed ? code : nil
    }
}

/// Runs what blocks where it blocks nobody.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}
