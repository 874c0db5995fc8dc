import Model

/// Lines of logs that go on where their stream breaks: it is opened again behind the lines that were told.
///
/// Each line of a pod has a time of its own, so that nothing is told twice and nothing is left out. One consumer asks
/// for one batch after another.
package actor ResumedLogs {
    package typealias Open =
        @Sendable ([LogPosition]) async throws(ServiceError) -> AsyncThrowingStream<LogBatch, any Error>

    private static let shortestPause = Duration.milliseconds(20)
    private static let longestPause = Duration.seconds(1)

    private let clock: any ElapsedClock
    private let patience: Duration
    private let isPassing: @Sendable (ServiceError) -> Bool
    private let open: Open
    private var source: StreamSource<LogBatch>?
    /// The time of the last line that was told of each pod.
    private var told: [String: Timestamp]
    /// When the stream that is read was opened.
    private var openedAt = Duration.zero

    /// - Parameters:
    ///   - stream: What is open already, if anything is.
    ///   - told: How far the logs were told before.
    ///   - patience: How long it is tried in a row where nothing comes.
    ///   - isPassing: Whether an error may be gone a moment later.
    ///   - open: Opens the logs behind what was told.
    package init(
        _ stream: AsyncThrowingStream<LogBatch, any Error>? = nil, told: [LogPosition] = [], clock: any ElapsedClock,
        patience: Duration, isPassing: @escaping @Sendable (ServiceError) -> Bool, open: @escaping Open
    ) {
        self.source = stream.map(StreamSource.init)
        self.told = Dictionary(told.map { ($0.podName, $0.time) }, uniquingKeysWith: max)
        self.clock = clock
        self.patience = patience
        self.isPassing = isPassing
        self.open = open
        self.openedAt = clock.elapsed()
    }

    /// The lines as a stream.
    package nonisolated var stream: AsyncThrowingStream<LogBatch, any Error> {
        AsyncThrowingStream(unfolding: { try await self.next() })
    }

    private func next() async throws(ServiceError) -> LogBatch? {
        var failingSince: Duration?
        var pause = Self.shortestPause
        while true {
            do {
                let source = try await self.opened()
                let batch = try await ServiceError.wrapping { try await source.next() }
                for entry in batch?.entries ?? [] { self.told[entry.podName] = entry.timestamp }
                return batch
            } catch {
                let now = self.clock.elapsed()
                // One that has held for long without a word was none of a row of failures.
                if self.source != nil, now - self.openedAt > self.patience { failingSince = nil }
                self.source = nil
                let start = failingSince ?? now
                guard self.isPassing(error), !Task.isCancelled, now - start < self.patience else { throw error }
                failingSince = start
            }
            let length = pause
            try await ServiceError.wrapping { try await self.clock.sleep(for: length) }
            pause = min(pause * 2, Self.longestPause)
        }
    }

    private func opened() async throws(ServiceError) -> StreamSource<LogBatch> {
        if let source = self.source { return source }
        let positions = self.told.map { LogPosition(podName: $0.key, time: $0.value) }
        let source = StreamSource(try await self.open(positions))
        self.source = source
        self.openedAt = self.clock.elapsed()
        return source
    }
}
