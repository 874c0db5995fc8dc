import COpenSSL
import Glibc

/// Files that their owner alone may read, written whole or not at all.
package enum SecretFile {
    /// Makes a folder that its owner alone may enter; it may be there already.
    ///
    /// - Throws: `TLSError.unwritable` where there is something else, or a folder that others enter and that must be
    ///   its owner's alone: whose rights are taken away is for a person to say.
    package static func makeFolder(_ path: String, isPrivate: Bool = false) throws(TLSError) {
        guard mkdir(path, 0o700) != 0 else { return }
        let number = errno
        var status = stat()
        guard number == EEXIST, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw self.unwritable(path, number)
        }
        guard !isPrivate || status.st_mode & 0o077 == 0 else {
            throw TLSError(
                .unwritable,
                "\(path) is open to others: an authority's key needs a folder of its own; `chmod 700` it, or "
                    + "name a new one"
            )
        }
    }

    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Replaces the file by one that holds the bytes, with the rights 0600.
    ///
    /// Who reads it meanwhile sees the old or the new content.
    package static func write(_ bytes: [UInt8], to path: String) throws(TLSError) {
        let suffix = try SerialNumber.random().prefix(8).map { String($0, radix: 16) }.joined()
        let temporary = "\(path).\(suffix)"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw self.unwritable(path, errno) }
        var isWhole = self.writeAll(bytes, to: file) && fsync(file) == 0
        var number = errno
        if close(file) != 0 {
            number = errno
            isWhole = false
        }
        guard isWhole, rename(temporary, path) == 0 else {
            if isWhole { number = errno }
            unlink(temporary)
            throw self.unwritable(path, number)
        }
    }

    /// Adds bytes at the end of a file, which is made where there is none; whole or not at all for whoever reads it.
    static func append(_ bytes: [UInt8], to path: String) throws(TLSError) {
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw self.unwritable(path, errno) }
        defer { close(file) }
        guard self.writeAll(bytes, to: file), fsync(file) == 0 else { throw self.unwritable(path, errno) }
    }

    private static func writeAll(_ bytes: [UInt8], to file: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func unwritable(_ path: String, _ number: Int32) -> TLSError {
        TLSError(.unwritable, "cannot write \(path): \(String(cString: strerror(number)))")
    }
}
