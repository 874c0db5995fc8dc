import Foundation

/// What a stretch of work cost this machine.
struct Cost {
    /// Seconds on the clock.
    var wall = 0.0
    /// Seconds of processor time, of every process on the machine: pods that outlive their parents count too.
    var cpu = 0.0
}

enum Machine {
    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))

    /// Counts the processor time of this process and of all that it starts, apart from the rest of the machine.
    private static let account = ProcessorAccount()

    /// Seconds of processor time that were spent on this process and on all that came of it, so far.
    ///
    /// Where no control group can be made, on the whole machine since boot: then nothing else should run.
    static func busySeconds() throws -> Double {
        if let seconds = try self.account?.seconds() { return seconds }
        let text = try String(contentsOfFile: "/proc/stat", encoding: .utf8)
        let fields = text.prefix { $0 != "\n" }.split(separator: " ").dropFirst().compactMap { Double($0) }
        guard fields.count > 2 else { throw BenchmarkError("cannot read /proc/stat") }
        return (fields[0] + fields[1] + fields[2]) / self.ticksPerSecond
    }

    /// Whether the neighbours on this machine are counted too.
    static var countsNeighbours: Bool { self.account == nil }

    static func measure(_ work: () async throws -> Void) async throws -> Cost {
        let (busy, clock) = (try self.busySeconds(), ContinuousClock())
        let start = clock.now
        try await work()
        let wall = (clock.now - start).seconds
        return Cost(wall: wall, cpu: try self.busySeconds() - busy)
    }

    /// Seconds of processor time of this process.
    static func ownSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Bytes that this process has handed to the system to write.
    static func ownBytesWritten() throws -> Double {
        let text = try String(contentsOfFile: "/proc/self/io", encoding: .utf8)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("wchar:") }),
            let bytes = line.split(separator: " ").last.flatMap({ Double($0) })
        else { throw BenchmarkError("cannot read /proc/self/io") }
        return bytes
    }

    /// Resident memory of a process in MiB.
    static func residentMiB(of process: Int32) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        else { throw BenchmarkError("no VmRSS of \(process)") }
        return kilobytes / 1024
    }
}

struct BenchmarkError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

extension Duration {
    var seconds: Double { Double(self.components.seconds) + Double(self.components.attoseconds) / 1e18 }
}

extension [Double] {
    /// The value below which the share `p` of the values lies.
    func percentile(_ p: Double) -> Double {
        guard !self.isEmpty else { return 0 }
        let sorted = self.sorted()
        return sorted[Swift.min(sorted.count - 1, Int(Double(sorted.count) * p))]
    }

    var median: Double { self.percentile(0.5) }
}

/// A control group of this process, which what it starts inherits.
private struct ProcessorAccount {
    private let usage: String

    /// `nil` where no group can be made.
    init?() {
        let name = "apus-bench-\(getpid())"
        for (root, file) in [("/sys/fs/cgroup/cpuacct", "cpuacct.usage"), ("/sys/fs/cgroup", "cpu.stat")] {
            let folder = "\(root)/\(name)"
            guard mkdir(folder, 0o755) == 0 else { continue }
            let procs = open("\(folder)/cgroup.procs", O_WRONLY)
            defer { close(procs) }
            if write(procs, "0", 1) == 1, access("\(folder)/\(file)", R_OK) == 0 {
                self.usage = "\(folder)/\(file)"
                return
            }
            rmdir(folder)
        }
        return nil
    }

    func seconds() throws -> Double {
        let words = try String(contentsOfFile: self.usage, encoding: .utf8).split { $0 == " " || $0 == "\n" }
        // Version 1: nanoseconds. Version 2: `usage_usec`, then microseconds.
        guard let number = words.first(where: { Double($0) != nil }).flatMap({ Double($0) }) else {
            throw BenchmarkError("cannot read \(self.usage)")
        }
        return number / (words.first == "usage_usec" ? 1e6 : 1e9)
    }
}
