import Synchronization

/// A bounded queue with one reader, who takes everything that waits at once.
final class Mailbox<Message: Sendable>: Sendable {
    private struct State {
        var waiting: [Message] = []
        var isClosed = false
        var reader: CheckedContinuation<Void, Never>?
    }

    enum Posting { case accepted, full, closed }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// How many messages wait.
    var count: Int { self.state.withLock { $0.waiting.count } }

    /// Adds a message.
    ///
    /// `isUrgent` ones pass the limit: they free resources, or come from inside.
    func post(_ message: Message, isUrgent: Bool = false) -> Posting {
        let (posting, reader) = self.state.withLock { state -> (Posting, CheckedContinuation<Void, Never>?) in
            guard !state.isClosed else { return (.closed, nil) }
            guard isUrgent || state.waiting.count < self.limit else { return (.full, nil) }
            state.waiting.append(message)
            defer { state.reader = nil }
            return (.accepted, state.reader)
        }
        reader?.resume()
        return posting
    }

    /// Everything that waits, in order; waits where there is nothing.
    ///
    /// `nil` once the mailbox is closed and empty.
    func next() async -> [Message]? {
        while true {
            let (messages, isClosed) = self.state.withLock { state in
                defer { state.waiting.removeAll() }
                return (state.waiting, state.isClosed)
            }
            if !messages.isEmpty { return messages }
            if isClosed { return nil }
            await withCheckedContinuation { continuation in
                let ready = self.state.withLock { state in
                    guard state.waiting.isEmpty, !state.isClosed else { return true }
                    state.reader = continuation
                    return false
                }
                if ready { continuation.resume() }
            }
        }
    }

    /// Takes no more messages, and hands out those that nobody will read.
    func abandon() -> [Message] {
        let (messages, reader) = self.state.withLock { state in
            state.isClosed = true
            defer {
                state.reader = nil
                state.waiting = []
            }
            return (state.waiting, state.reader)
        }
        reader?.resume()
        return messages
    }

    /// Takes no more messages.
    ///
    /// Those that wait are still read.
    func close() {
        let reader = self.state.withLock { state in
            state.isClosed = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }
}
