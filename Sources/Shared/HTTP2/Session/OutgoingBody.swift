/// What is to be sent on one stream after its headers.
struct OutgoingBody {
    enum End {
        case open
        /// The stream ends with the last byte.
        case ends
        case trailers(Trailers)
    }

    enum Trailers {
        case fixed(StaticHeaders)
        case made(HeaderBlock)
    }

    private var bytes: [UInt8] = []
    private var taken = 0
    var end = End.open
    /// Whether the session was told that there is nothing now and is to be told when there is.
    var isDeferred = false

    /// How much is waiting.
    var count: Int { self.bytes.count - self.taken }

    mutating func append(_ more: [UInt8]) {
        if self.taken == self.bytes.count {
            self.bytes = more
            self.taken = 0
            return
        }
        if self.taken > 0 {
            self.bytes.removeSubrange(0..<self.taken)
            self.taken = 0
        }
        self.bytes.append(contentsOf: more)
    }

    /// Fills `buffer` from the front.
    mutating func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let length = min(buffer.count, self.count)
        guard length > 0 else { return 0 }
        self.bytes.withUnsafeBytes { buffer.copyMemory(from: .init(rebasing: $0[self.taken..<self.taken + length])) }
        self.taken += length
        if self.taken == self.bytes.count {
            self.bytes = []
            self.taken = 0
        }
        return length
    }
}
