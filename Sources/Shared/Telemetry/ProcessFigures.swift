import Glibc

/// What the kernel says of this process now; `nil` where it does not.
struct ProcessFigures {
    let processorSeconds: Double
    let residentBytes: Int?
    let openFiles: Int?

    init() {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        self.processorSeconds = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        self.residentBytes = Self.residentPages().map { $0 * sysconf(Int32(_SC_PAGESIZE)) }
        self.openFiles = Self.count(in: "/proc/self/fd")
    }

    /// The second number of `/proc/self/statm`.
    private static func residentPages() -> Int? {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let text = String(unsafeUninitializedCapacity: Self.lineLength) { buffer in
            max(0, read(file, buffer.baseAddress, buffer.count))
        }
        let words = text.split(separator: " ")
        return words.count > 1 ? Int(words[1]) : nil
    }

    private static let lineLength = 256

    private static func count(in path: String) -> Int? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        // The folder itself, the one above, and the descriptor that reads.
        var count = -3
        while readdir(folder) != nil { count += 1 }
        return count
    }
}
