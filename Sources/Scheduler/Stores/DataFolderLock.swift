import Glibc
import Synchronization

/// Keeps a data folder to one process.
///
/// The kernel lets go of the lock when the process ends, however it ends.
final class DataFolderLock: Sendable {
    private let descriptor: Mutex<Int32?>

    /// Makes the folder where it does not exist, and takes it.
    ///
    /// - Throws: `StoreError` with `owned`, naming the holder's process id, or `unwritable`.
    init(folder: String) throws(StoreError) {
        try Self.makeFolder(folder)
        let path = "\(folder)/apus.lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.unwritable(folder) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.holder(descriptor)
            close(descriptor)
            throw StoreError(
                .owned, "data folder \(folder) is in use by process \(holder): stop it, or choose another --data-dir")
        }
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
            let error = Self.unwritable(folder)
            close(descriptor)
            throw error
        }
        self.descriptor = Mutex(descriptor)
    }

    deinit { self.release() }

    func release() {
        self.descriptor.withLock { descriptor in
            if let open = descriptor { close(open) }
            descriptor = nil
        }
    }

    private static func makeFolder(_ folder: String) throws(StoreError) {
        var path = folder.hasPrefix("/") ? "" : "."
        for part in folder.split(separator: "/") {
            path += "/\(part)"
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw self.unwritable(folder) }
        }
    }

    /// Makes a file where there is none, and keeps it to this user: its folder may be open to others.
    static func makePrivate(_ path: String, in folder: String) throws(StoreError) {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw self.unwritable(folder) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw self.unwritable(folder) }
        guard status.st_mode & 0o077 == 0 || fchmod(file, 0o600) == 0 else { throw self.unwritable(folder) }
    }

    private static func unwritable(_ folder: String) -> StoreError {
        let reason = String(cString: strerror(errno))
        let remedy: String
        switch errno {
        case ENOSPC, EDQUOT: return StoreError(.full, "the disk of \(folder) is full: free some space")
        case EACCES, EPERM: remedy = "give this user the right to write there"
        case EROFS: remedy = "its file system is read-only"
        case ENOTDIR, EISDIR, ELOOP: remedy = "something on the way there is no folder"
        case ENOENT: remedy = "its file system lets nobody make folders"
        default: remedy = "check the folder"
        }
        return StoreError(
            .unwritable, "cannot write data folder \(folder): \(reason): \(remedy), or choose another with --data-dir")
    }

    private static func holder(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let digits = bytes.prefix(max(0, count)).prefix { (48...57).contains($0) }
        return digits.isEmpty ? "(unknown)" : String(decoding: digits, as: UTF8.self)
    }
}
