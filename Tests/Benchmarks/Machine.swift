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

    /// Seconds of user and system time since boot, over all processors.
    static func busySeconds() throws -> Double {
        let text = try String(contentsOfFile: "/proc/stat", encoding: .utf8)
        let fields = text.prefix { $0 != "\n" }.split(separator: " ").dropFirst().compactMap { Double($0) }
        guard fields.count > 2 else { throw BenchmarkError("cannot read /proc/stat") }
        return (fields[0] + fields[1] + fields[2]) / self.ticksPerSecond
    }

    static func measure(_ work: () async throws -> Void) async throws -> Cost {
        let (busy, clock) = (try self.busySeconds(), ContinuousClock())
        let start = clock.now
        try await work()
        let wall = (clock.now - start).seconds
        return Cost(wall: wall, cpu: try self.busySeconds() - busy)
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
