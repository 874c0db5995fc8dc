import Dispatch
import Glibc

/// Signals that ask something of this process, as a stream.
final class ProcessSignals: Sendable {
    let stream: AsyncStream<Int32>
    // SAFETY: made here, and cancelled when nobody holds the signals any longer; Dispatch's sources may be used
    // anywhere.
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]
    private let numbers: [Int32]

    /// From now on the signals do nothing by themselves.
    init(_ numbers: [Int32] = [SIGINT, SIGTERM]) {
        let (stream, continuation) = AsyncStream<Int32>.makeStream(bufferingPolicy: .bufferingOldest(8))
        self.stream = stream
        self.numbers = numbers
        self.sources = numbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(number) }
            source.activate()
            return source
        }
    }

    deinit {
        for source in self.sources { source.cancel() }
        for number in self.numbers { signal(number, SIG_DFL) }
    }
}
