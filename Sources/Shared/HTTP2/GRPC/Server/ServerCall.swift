import NIOCore

/// One call that a server serves.
///
///     receiving ──whole request──▶ running ──answered, reset, past its deadline──▶ ended
///         └──────────takes a stream───────▲
// SAFETY: `stream` and `path` never change; everything else is touched on the connection's event loop only. The task is
// set by the task itself and cleared before it ends, both on that loop, so that whoever finds it there may cancel it.
final class ServerCall: @unchecked Sendable {
    enum State {
        case receiving, running, ended
    }

    let stream: StreamID
    let path: String
    var metadata: HeaderBlock
    var deadline: ContinuousClock.Instant?
    var loopDeadline: NIODeadline?
    var state = State.receiving
    let began: NIODeadline
    /// When it was first noticed that the whole answer was handed over to be sent.
    var answered: NIODeadline?
    var reader: MessageReader
    var message: [UInt8]?
    /// What takes the messages of a stream of requests, until the peer has said all.
    var requests: AsyncStream<[UInt8]>.Continuation?
    var requestStream: AsyncStream<[UInt8]>?
    /// Whether the peer has said all.
    var isRequestWhole = false
    /// Bytes of the body that are held, and how many of them the stream's window was not given back for.
    var heldBytes = 0
    var unconsumedBytes = 0
    var task: UnsafeCurrentTask?
    var isCancelled = false
    /// Whoever waits for room to send a message of a stream.
    var writer: CheckedContinuation<Void, any Error>?

    init(stream: StreamID, path: String, metadata: HeaderBlock, messageLimit: Int, now: NIODeadline) {
        self.stream = stream
        self.path = path
        self.metadata = metadata
        self.reader = MessageReader(limit: messageLimit)
        self.began = now
    }

    func endRequests() {
        self.requests?.finish()
        self.requests = nil
    }

    func cancel() {
        self.endRequests()
        self.isCancelled = true
        self.task?.cancel()
        self.writer?.resume(throwing: CancellationError())
        self.writer = nil
    }
}
