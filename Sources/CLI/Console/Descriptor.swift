import Glibc

/// Reading and writing by descriptor and by path: the few system calls that the commands make.
enum Descriptor {
    private static let chunkSize = 64 * 1024
    /// The largest file or input that a command reads.
    static let maximumInputSize = 256 * 1024 * 1024

    /// Writes all of a text.
    ///
    /// A reader that has gone ends the process quietly, as other tools do in a pipe.
    static func write(_ text: String, to descriptor: Int32) {
        self.write(Array(text.utf8), to: descriptor)
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes
            while !rest.isEmpty {
                let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if written < 0 && errno == EINTR { continue }
                if written < 0 && errno == EPIPE { exit(0) }
                guard written > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            }
        }
    }

    /// - Throws: `CommandFailure`.
    static func readAll(_ descriptor: Int32, named name: String = "stdin") throws(CommandFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: self.chunkSize)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw CommandFailure("read \(name): \(self.reason())") }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= self.maximumInputSize else {
                throw CommandFailure("read \(name): larger than \(self.maximumInputSize) bytes")
            }
        }
    }

    /// - Throws: `CommandFailure` with Go's words: `open x.yaml: no such file or directory`.
    static func readFile(_ path: String) throws(CommandFailure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CommandFailure("open \(path): \(self.reason())") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw CommandFailure("open \(path): \(self.reason())") }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw CommandFailure("read \(path): is a directory") }
        return try self.readAll(descriptor, named: path)
    }

    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The paths of all files under a directory, in order.
    static func files(under directory: String) -> [String] {
        self.names(in: directory).flatMap { name in
            let path = directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
            return self.isDirectory(path) ? self.files(under: path) : [path]
        }
    }

    /// The names in a directory, in order; none where it cannot be read.
    static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func terminalSize(_ descriptor: Int32) -> (lines: Int, columns: Int) {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return (24, 80) }
        return (Int(size.ws_row), Int(size.ws_col))
    }

    /// The words of the last error, in lower case as Go has them.
    static func reason() -> String {
        let text = String(cString: strerror(errno))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
