import Model
import TestSupport

/// A world of one thread: its time, its chance, its hosts, and a log of everything that happened in it.
///
/// Nothing in it happens by itself. While a host has something to do, one of its jobs runs; where none has, the time
/// goes on to the next event. Which host comes first, how long a message takes and what breaks is drawn from the seed,
/// so that a seed is a history, and the same seed is the same history.
// SAFETY: only the thread that calls `run` touches a simulation, its hosts and whatever runs on them.
final class Simulation: @unchecked Sendable {
    private struct Event {
        var time: Duration
        var number: Int
        var action: () -> Void
    }

    /// How many jobs may run while the time stands still: more is a loop that does not end.
    private static let jobLimit = 2_000_000

    private(set) var time = Duration.zero
    var random: SplitMix64
    private(set) var log = SimulationLog()
    private var hosts: [SimulatedHost] = []
    private var heap: [Event] = []
    private var nextNumber = 0
    private(set) var jobs = 0
    private(set) var isStuck = false

    init(seed: UInt64) { self.random = SplitMix64(seed: seed) }

    func host(_ name: String) -> SimulatedHost {
        let host = SimulatedHost(name: name, simulation: self)
        self.hosts.append(host)
        return host
    }

    func note(_ line: @autoclosure () -> String) { self.log.add(line(), at: self.time) }

    /// A duration from this range.
    func draw(_ range: ClosedRange<Int>, _ unit: (Int) -> Duration = { .microseconds($0) }) -> Duration {
        unit(Int.random(in: range, using: &self.random))
    }

    func once(in count: Int) -> Bool { self.random.once(in: count) }

    /// Does `action` after `delay`, on no host: what happens to the world.
    func after(_ delay: Duration, _ action: @escaping () -> Void) {
        self.nextNumber += 1
        self.heap.append(Event(time: self.time + max(.zero, delay), number: self.nextNumber, action: action))
        self.siftUp()
    }

    /// Lets the world go on until `isOver`, but no longer than `limit` of its time; says whether it was over.
    @discardableResult
    func run(for limit: Duration, until isOver: () -> Bool) -> Bool {
        let end = self.time + limit
        var jobsAtThisTime = 0
        while !isOver() {
            if self.runJob() {
                jobsAtThisTime += 1
                guard jobsAtThisTime < Self.jobLimit else {
                    self.isStuck = true
                    return false
                }
                continue
            }
            guard let next = self.heap.first, next.time <= end else {
                self.time = end
                return false
            }
            self.removeFirst()
            if next.time > self.time { jobsAtThisTime = 0 }
            self.time = next.time
            next.action()
        }
        return true
    }

    /// Runs one job of a host that may run; `false` where there is none.
    private func runJob() -> Bool {
        var ready = 0
        for host in self.hosts where host.isReady { ready += 1 }
        guard ready > 0 else { return false }
        var left = ready == 1 ? 0 : self.random.below(ready)
        guard
            let host = self.hosts.first(where: { host in
                guard host.isReady else { return false }
                left -= 1
                return left < 0
            })
        else { return false }
        self.jobs += 1
        host.runJob(self.random.below(min(host.waiting, SimulatedHost.window)))
        return true
    }

    private func isEarlier(_ left: Int, _ right: Int) -> Bool {
        (self.heap[left].time, self.heap[left].number) < (self.heap[right].time, self.heap[right].number)
    }

    private func siftUp() {
        var index = self.heap.count - 1
        while index > 0, self.isEarlier(index, (index - 1) / 2) {
            self.heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private func removeFirst() {
        self.heap.swapAt(0, self.heap.count - 1)
        self.heap.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < self.heap.count && self.isEarlier(child, least) {
                least = child
            }
            guard least != index else { return }
            self.heap.swapAt(index, least)
            index = least
        }
    }
}

/// What happened in a simulation, line by line.
struct SimulationLog {
    private(set) var lines: [String] = []

    mutating func add(_ line: String, at time: Duration) {
        self.lines.append("\(time.milliseconds) \(line)")
    }

    var text: String { self.lines.joined(separator: "\n") }

    /// FNV-1a over all lines.
    var fingerprint: UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for line in self.lines {
            for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            hash = (hash ^ 10) &* 0x100_0000_01b3
        }
        return hash
    }
}

extension Duration {
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = self.components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    /// For people: `12.345` is twelve seconds and a bit.
    var milliseconds: String {
        let milliseconds = self.nanoseconds / 1_000
        let fraction = String(milliseconds % 1_000_000)
        return "\(milliseconds / 1_000_000).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)"
    }
}
