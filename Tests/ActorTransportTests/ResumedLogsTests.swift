import ActorTransport
import Model
import Synchronization
import Testing

/// Sleeps as long as nothing.
private final class QuickClock: ElapsedClock {
    private let time = Mutex(Duration.zero)

    func elapsed() -> Duration { self.time.withLock { $0 } }

    func sleep(for duration: Duration) async throws { self.time.withLock { $0 += duration } }
}

@Suite("ResumedLogs", .timeLimit(.minutes(1)))
struct ResumedLogsTests {
    private static let lost = ServiceError(.unavailable, "the connection is lost")

    /// Line `number` of a pod.
    private static func line(_ pod: String, _ number: Int) -> LogEntry {
        LogEntry(content: "\(number)", podName: pod, timestamp: Timestamp(nanoseconds: Int64(number)))
    }

    /// The lines of two pods behind what was told, up to where the stream breaks; `nil`: up to its end.
    private static func stream(
        _ told: [LogPosition], breaksAfter count: Int?
    ) -> AsyncThrowingStream<LogBatch, any Error> {
        let lines = (1...20).flatMap { number in ["a", "b"].map { Self.line($0, number) } }
        let rest = lines.filter { line in
            !told.contains { $0.podName == line.podName && line.timestamp <= $0.time }
        }
        return AsyncThrowingStream { continuation in
            for line in rest.prefix(count ?? .max) { continuation.yield(LogBatch([line])) }
            continuation.finish(throwing: count == nil ? nil : Self.lost)
        }
    }

    @Test("each line comes once, wherever the stream breaks", arguments: [1, 2, 3, 7, 39])
    func everyBreak(count: Int) async throws {
        let breaks = Mutex(0)
        let logs = ResumedLogs(
            clock: QuickClock(), patience: .seconds(5), isPassing: { $0.code == .unavailable },
            open: { told throws(ServiceError) in
                let isWhole = breaks.withLock { breaks in
                    breaks += 1
                    return breaks > 5
                }
                return Self.stream(told, breaksAfter: isWhole ? nil : count)
            })
        var told: [String: [String]] = [:]
        for try await batch in logs.stream {
            for entry in batch.entries { told[entry.podName, default: []].append(entry.content) }
        }
        let all = (1...20).map { "\($0)" }
        #expect(told == ["a": all, "b": all])
    }

    @Test("who does not come back is given up after a while, and what will not pass at once")
    func givesUp() async throws {
        for (error, attempts) in [(Self.lost, 3...1_000), (ServiceError(.notFound, "no such pod"), 1...1)] {
            let opened = Mutex(0)
            let logs = ResumedLogs(
                clock: QuickClock(), patience: .seconds(5), isPassing: { $0.code == .unavailable },
                open: { _ throws(ServiceError) in
                    opened.withLock { $0 += 1 }
                    throw error
                })
            await #expect(throws: error) { for try await _ in logs.stream {} }
            #expect(attempts.contains(opened.withLock { $0 }))
        }
    }

    @Test("streams that hold for long may break as often as they like")
    func longLived() async throws {
        let clock = QuickClock()
        let opened = Mutex(0)
        let logs = ResumedLogs(
            clock: clock, patience: .seconds(5), isPassing: { $0.code == .unavailable },
            open: { _ throws(ServiceError) in
                let count = opened.withLock { opened in
                    opened += 1
                    return opened
                }
                return AsyncThrowingStream(unfolding: {
                    if count == 10 { return nil }
                    try await clock.sleep(for: .seconds(60))
                    throw Self.lost
                })
            })
        for try await _ in logs.stream { Issue.record("there are no lines") }
        #expect(opened.withLock { $0 } == 10)
    }
}
