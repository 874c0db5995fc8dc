import CNghttp2

/// Finds frames of unknown types among the bytes that arrive: the library passes over them without a word.
struct FrameScanner {
    /// Bytes that belong to the preface, or to the payload of a frame whose header was seen.
    private var skipped: Int
    /// The header that is arriving: what came of it, and how many bytes that are.
    private var length = 0
    private var headerBytes = 0

    private static let prefaceBytes = 24
    private static let headerBytes = 9
    private static let lengthBytes = 3

    init(_ role: HTTP2Session.Role) { self.skipped = role == .server ? FrameScanner.prefaceBytes : 0 }

    /// How many frames of unknown types begin in these bytes.
    mutating func unknownFrames(in bytes: UnsafeRawBufferPointer) -> Int {
        var count = 0
        var index = 0
        while index < bytes.count {
            if self.skipped > 0 {
                let part = min(self.skipped, bytes.count - index)
                self.skipped -= part
                index += part
                continue
            }
            let byte = Int(bytes[index])
            if self.headerBytes < FrameScanner.lengthBytes {
                self.length = self.length << 8 | byte
            } else if self.headerBytes == FrameScanner.lengthBytes, byte > NGHTTP2_CONTINUATION.rawValue {
                count += 1
            }
            self.headerBytes += 1
            index += 1
            guard self.headerBytes == FrameScanner.headerBytes else { continue }
            self.skipped = self.length
            self.length = 0
            self.headerBytes = 0
        }
        return count
    }
}
