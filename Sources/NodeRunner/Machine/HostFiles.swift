import CLinux
import Glibc

/// The text of an operating system error.
package func systemErrorText(_ number: Int32) -> String {
    guard let text = strerror(number) else { return "error \(number)" }
    return String(cString: text)
}

/// Files and folders of this machine, by plain system calls.
///
/// Everything here blocks for as long as the disk does; nothing waits for another process. What is made is this user's
/// alone unless a mode says otherwise, whatever the rights of the folder it is made in.
package enum HostFiles {
    /// The rights of what only this user may see.
    package static let privateFolder: UInt32 = 0o700
    package static let privateFile: UInt32 = 0o600
    /// The rights that pods find on what is placed for them, as in Argo; a private folder lies above it.
    package static let podFolder: UInt32 = 0o755
    package static let podFile: UInt32 = 0o644

    /// Makes a folder.
    ///
    /// Answers whether it was not there before.
    @discardableResult
    package static func makeFolder(_ path: String, mode: UInt32 = HostFiles.privateFolder) throws(RunnerError) -> Bool {
        if mkdir(path, mode) == 0 { return true }
        let cause = errno
        if cause == EEXIST { return false }
        throw .system("the folder \(path) cannot be made", cause)
    }

    /// Makes a folder and those above it.
    package static func makeFolders(_ path: String, mode: UInt32 = HostFiles.privateFolder) throws(RunnerError) {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        let cause = errno
        guard cause == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw .system("the folder \(path) cannot be made", cause)
        }
        try self.makeFolders(String(path[..<slash]), mode: mode)
        try self.makeFolder(path, mode: mode)
    }

    /// Has the file system keep the folders of this one apart from each other, where it can.
    ///
    /// Files are looked for a place near their folder: where many were deleted there lately, without a journal, ext4
    /// takes a millisecond for each to find one.
    package static func spreadFolders(of path: String) { apus_spread_folders(path) }

    /// Writes a file that may be there already.
    package static func write(
        _ bytes: [UInt8], to path: String, mode: UInt32 = HostFiles.privateFile
    ) throws(RunnerError) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard file >= 0 else { throw .system("\(path) cannot be written", errno) }
        defer { close(file) }
        try self.append(bytes, to: file, of: path)
    }

    /// Writes to the end of a file that is there.
    package static func append(_ bytes: [UInt8], to path: String) throws(RunnerError) {
        let file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard file >= 0 else { throw .system("\(path) cannot be written", errno) }
        defer { close(file) }
        try self.append(bytes, to: file, of: path)
    }

    /// Writes to an open file.
    package static func append(_ bytes: [UInt8], to file: Int32, of path: String) throws(RunnerError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(file, buffer.baseAddress?.advanced(by: done), buffer.count - done)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .system("\(path) cannot be written", errno) }
            done += count
        }
    }

    package static func move(_ path: String, to target: String) throws(RunnerError) {
        guard rename(path, target) == 0 else { throw .system("\(path) cannot be moved to \(target)", errno) }
    }

    /// The file's content, or `nil` where there is no such file.
    package static func readIfPresent(_ path: String) throws(RunnerError) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            let cause = errno
            if cause == ENOENT || cause == ENOTDIR { return nil }
            throw .system("\(path) cannot be read", cause)
        }
        defer { close(file) }
        return try self.readToEnd(file, of: path)
    }

    /// Reads what is left of an open file.
    package static func readToEnd(_ file: Int32, of path: String) throws(RunnerError) -> [UInt8] {
        var info = stat()
        var bytes: [UInt8] = []
        if fstat(file, &info) == 0 { bytes.reserveCapacity(Int(info.st_size)) }
        while let piece = try self.readPiece(file, of: path) { bytes.append(contentsOf: piece) }
        return bytes
    }

    /// The next piece of an open file, or `nil` at its end.
    package static func readPiece(_ file: Int32, of path: String) throws(RunnerError) -> [UInt8]? {
        var failure: Int32 = 0
        let piece = [UInt8](unsafeUninitializedCapacity: pieceSize) { buffer, count in
            var got = read(file, buffer.baseAddress, pieceSize)
            while got < 0 && errno == EINTR { got = read(file, buffer.baseAddress, pieceSize) }
            failure = got < 0 ? errno : 0
            count = max(0, got)
        }
        if failure != 0 { throw .system("\(path) cannot be read", failure) }
        return piece.isEmpty ? nil : piece
    }

    /// The names in a folder, sorted; none where there is no such folder.
    package static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    package enum Kind: Sendable { case file, folder, link, other }

    /// What lies at the path itself, or `nil` where there is nothing.
    package static func kind(of path: String) -> Kind? {
        var info = stat()
        guard lstat(path, &info) == 0 else { return nil }
        switch info.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .folder
        case S_IFLNK: return .link
        default: return .other
        }
    }

    package static func size(of path: String) -> Int? {
        var info = stat()
        return stat(path, &info) == 0 ? Int(info.st_size) : nil
    }

    /// Removes a file or a folder with all in it.
    ///
    /// What is not there is no error.
    ///
    /// Symbolic links are removed and never followed; folders that their owner closed to himself are opened first.
    package static func remove(_ path: String) throws(RunnerError) {
        guard let kind = self.kind(of: path) else { return }
        if kind != .folder {
            if unlink(path) == 0 || errno == ENOENT { return }
            throw .system("\(path) cannot be removed", errno)
        }
        if rmdir(path) == 0 { return }
        if access(path, R_OK | W_OK | X_OK) != 0 { chmod(path, 0o700) }
        for name in self.names(in: path) { try self.remove("\(path)/\(name)") }
        if rmdir(path) == 0 || errno == ENOENT { return }
        throw .system("\(path) cannot be removed", errno)
    }

    /// Copies a file, or a folder with all in it, keeping rights and links.
    package static func copy(_ source: String, to target: String) throws(RunnerError) {
        let result = try HostProgram.run(
            "/bin/cp", ["-a", "--reflink=auto", "--no-preserve=ownership", "--", source, target])
        guard result.exitCode == 0 else { throw .program("\(source) cannot be copied", said: result.output) }
    }

    /// Whether a file begins with gzip's two bytes.
    package static func beginsLikeGzip(_ path: String) throws(RunnerError) -> Bool {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .system("\(path) cannot be read", errno) }
        defer { close(file) }
        var start: [UInt8] = [0, 0]
        return read(file, &start, 2) == 2 && start == [0x1f, 0x8b]
    }

    /// The path with every symbolic link resolved, or `nil` where it does not exist.
    package static func canonicalPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The path with the symbolic links resolved of as much of it as exists.
    package static func resolvedPath(_ path: String) -> String {
        var missing: [Substring] = []
        var components = path.split(separator: "/").filter { $0 != "." }
        while !components.isEmpty {
            if let found = self.canonicalPath("/" + components.joined(separator: "/")) {
                return ([found == "/" ? "" : found] + missing.reversed().map(String.init)).joined(separator: "/")
            }
            missing.append(components.removeLast())
        }
        return "/" + missing.reversed().joined(separator: "/")
    }

    /// Sets the rights of a file, and of everything below a folder where that is asked for.
    package static func setMode(_ mode: UInt32, of path: String, recursively: Bool) throws(RunnerError) {
        let kind = self.kind(of: path)
        guard kind != .link else { return }
        if recursively && kind == .folder {
            for name in self.names(in: path) {
                try self.setMode(mode, of: "\(path)/\(name)", recursively: true)
            }
        }
        guard chmod(path, mode) == 0 else { throw .system("the mode of \(path) cannot be set", errno) }
    }
}

private let pieceSize = 64 * 1_024
