import DequeModule
import NIOCore

/// One call that a client made.
///
///     waiting ──room──▶ sent ──trailers, reset, lost, cancelled, past its deadline──▶ ended
// SAFETY: `request` and `isStream` never change; everything else is touched on the connection's event loop only.
final class ClientCall: @unchecked Sendable {
    enum State {
        case waiting
        case sent(StreamID)
        case ended
    }

    enum Answer {
        case message(CheckedContinuation<Result<[UInt8], GRPCStatus>, Never>)
        /// Goes on when the answer begins.
        case messages(CheckedContinuation<GRPCStatus?, Never>)
        /// The answer has begun and nobody waits for it, or it ended.
        case nobody
    }

    /// What the reader of a stream gets: everything that was there.
    typealias Batch = Result<Deque<[UInt8]>, GRPCStatus>

    let request: GRPCRequest
    let isStream: Bool
    var state = State.waiting
    var answer = Answer.nobody
    var reader: MessageReader
    var status: GRPCStatus?
    var loopDeadline: NIODeadline?
    /// Messages that nobody has read.
    var messages: Deque<[UInt8]> = []
    /// Bytes that arrived and for which the stream's window was not given back.
    var unconsumedBytes = 0
    var drawing: CheckedContinuation<Batch, Never>?

    init(_ request: GRPCRequest, isStream: Bool, messageLimit: Int) {
        self.request = request
        self.isStream = isStream
        self.reader = MessageReader(limit: messageLimit)
    }
}
