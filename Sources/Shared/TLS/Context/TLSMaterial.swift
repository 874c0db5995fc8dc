import Glibc

/// PEM text: in a file, or in memory.
package enum TLSMaterial: Sendable, Hashable, CustomStringConvertible {
    case file(String)
    case bytes([UInt8])

    /// How messages call it.
    package var description: String {
        switch self {
        case .file(let path): path
        case .bytes: "the PEM text in memory"
        }
    }

    var path: String? {
        guard case .file(let path) = self else { return nil }
        return path
    }

    /// - Throws: `TLSError.unreadable`, with the file's name and the system's reason.
    func read() throws(TLSError) -> [UInt8] {
        switch self {
        case .bytes(let bytes): bytes
        case .file(let path): try Self.read(path)
        }
    }

    private static func read(_ path: String) throws(TLSError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Self.unreadable(path, errno) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(file, &piece, piece.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw Self.unreadable(path, errno)
            }
            bytes += piece[..<count]
            guard bytes.count <= TLSLimits.fileBytes else {
                throw TLSError(
                    .unreadable, "\(path) is larger than \(TLSLimits.fileBytes) bytes: it is no file of certificates")
            }
        }
    }

    private static func unreadable(_ path: String, _ number: Int32) -> TLSError {
        TLSError(.unreadable, "cannot read \(path): \(String(cString: strerror(number)))")
    }
}

/// What tells one content of a file from another without reading it.
struct FileSignature: Hashable, Sendable {
    private let device: UInt
    private let inode: UInt
    private let size: Int
    private let changedSeconds: Int
    private let changedNanoseconds: Int

    /// `nil`: there is no such file, or it cannot be looked at.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.device = UInt(status.st_dev)
        self.inode = UInt(status.st_ino)
        self.size = Int(status.st_size)
        // The time of the last change of content or of attributes, which no program can set back.
        self.changedSeconds = status.st_ctim.tv_sec
        self.changedNanoseconds = status.st_ctim.tv_nsec
    }
}
