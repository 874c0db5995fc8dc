import ActorTransport
import Model
import Synchronization
import TestSupport
import Testing

@testable import Scheduler

@Suite("LogMerge", .timeLimit(.minutes(5)))
struct LogMergeTests {
    /// A log of batches, which counts how many logs are open.
    private static func source(
        _ name: String, start: Int64, _ times: [Int64], batch: Int = 2,
        open: @escaping @Sendable (Int) -> Void = { _ in }
    ) -> LogMerge.Source {
        let entries = times.enumerated().map { index, time in
            LogEntry(content: "\(name)\(index)", podName: name, timestamp: Timestamp(nanoseconds: time))
        }
        let rest = Mutex(entries[...])
        return LogMerge.Source(start: Timestamp(nanoseconds: start)) {
            open(1)
            return StreamSource(
                AsyncThrowingStream(unfolding: {
                    let next = rest.withLock { rest in
                        defer { rest = rest.dropFirst(batch) }
                        return Array(rest.prefix(batch))
                    }
                    if next.isEmpty { open(-1) }
                    return next.isEmpty ? nil : LogBatch(next)
                }))
        }
    }

    private static func all(_ merge: LogMerge) async throws -> [LogEntry] {
        var merge = merge
        var entries: [LogEntry] = []
        while let batch = try await merge.next() { entries += batch.entries }
        return entries
    }

    @Test("lines of several pods are told in the order of their times, and a pod's own lines in theirs")
    func order() async throws {
        let merge = LogMerge([
            Self.source("b", start: 0, [2, 5, 4, 9]), Self.source("a", start: 0, [1, 2, 6]),
            Self.source("late", start: 7, [7, 7]), Self.source("silent", start: 0, []),
        ])
        let told = try await Self.all(merge).map(\.content)
        #expect(told == ["a0", "a1", "b0", "b1", "b2", "a2", "late0", "late1", "b3"])
    }

    @Test("any logs are told whole, in order, however they are cut and interleaved")
    func property() async throws {
        for seed in Seeds.draw(100) {
            var random = SplitMix64(seed: seed)
            var sources: [LogMerge.Source] = []
            var expected: [LogEntry] = []
            for pod in 0..<random.below(8) {
                var time = Int64(random.below(50))
                let start = time
                let times = (0..<random.below(30)).map { _ in
                    time += Int64(random.below(4))
                    return time
                }
                for (index, time) in times.enumerated() {
                    let stamp = Timestamp(nanoseconds: time)
                    expected.append(LogEntry(content: "p\(pod)-\(index)", podName: "p\(pod)-", timestamp: stamp))
                }
                sources.append(Self.source("p\(pod)-", start: start, times, batch: 1 + random.below(5)))
            }
            let told = try await Self.all(LogMerge(sources))
            #expect(Set(told) == Set(expected), "SEED=\(seed)")
            #expect(told.count == expected.count, "SEED=\(seed)")
            #expect(told.map(\.timestamp) == told.map(\.timestamp).sorted(), "SEED=\(seed)")
        }
    }

    @Test("logs of pods that ran one after another are open one at a time")
    func openLogs() async throws {
        let counts = Mutex((now: 0, most: 0))
        let sources = (0..<LogMerge.openLimit * 2).map { index in
            Self.source("p\(index)-", start: Int64(index) * 10, [Int64(index) * 10 + 1]) { change in
                counts.withLock {
                    $0.now += change
                    $0.most = max($0.most, $0.now)
                }
            }
        }
        #expect(try await Self.all(LogMerge(sources)).count == sources.count)
        #expect(counts.withLock { $0.most } == 1)
    }

    @Test("of pods that began together no more logs than the limit are open, and every line is told")
    func limit() async throws {
        let counts = Mutex((now: 0, most: 0))
        let sources = (0...LogMerge.openLimit).map { index in
            Self.source("p\(index)-", start: 0, [1, 2, 3]) { change in
                counts.withLock {
                    $0.now += change
                    $0.most = max($0.most, $0.now)
                }
            }
        }
        #expect(try await Self.all(LogMerge(sources)).count == 3 * sources.count)
        #expect(counts.withLock { $0.most } == LogMerge.openLimit)
    }
}
