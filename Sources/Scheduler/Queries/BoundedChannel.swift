import Synchronization

/// A queue between tasks that holds back its senders while it is full.
final class BoundedChannel<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var outcome: Result<Void, any Error>?
    }

    private let limit: Int
    private let state = Mutex(State())
    private let filled = WakeUp()
    private let drained = WakeUp()

    init(limit: Int) { self.limit = limit }

    /// Adds an element; waits while there is no room.
    ///
    /// `false` where nobody reads any more.
    func send(_ element: Element) async -> Bool {
        while !Task.isCancelled {
            let sent: Bool? = self.state.withLock { state in
                guard state.outcome == nil else { return false }
                guard state.elements.count < self.limit else { return nil }
                state.elements.append(element)
                return true
            }
            if let sent {
                if sent { self.filled.signal() }
                // Another sender may wait for the same room.
                self.drained.signal()
                return sent
            }
            await self.drained.wait()
        }
        // The room that it was woken for may be another sender's.
        self.drained.signal()
        return false
    }

    /// The next element; waits for one.
    ///
    /// `nil` at the end.
    func next() async throws -> Element? {
        try await self.draw { $0.isEmpty ? nil : $0.removeFirst() }
    }

    /// The elements at hand; waits for one where there are none.
    ///
    /// `nil` at the end.
    func nextAtHand() async throws -> [Element]? {
        try await self.draw { elements in
            defer { elements = [] }
            return elements.isEmpty ? nil : elements
        }
    }

    private func draw<Drawn: Sendable>(_ take: @Sendable (inout [Element]) -> Drawn?) async throws -> Drawn? {
        while true {
            try Task.checkCancellation()
            let (drawn, outcome) = self.state.withLock { state in (take(&state.elements), state.outcome) }
            if let drawn {
                self.drained.signal()
                return drawn
            }
            if let outcome {
                try outcome.get()
                return nil
            }
            await self.filled.wait()
        }
    }

    func finish(_ error: (any Error)?) {
        self.state.withLock { state in
            guard state.outcome == nil else { return }
            state.outcome = error.map { .failure($0) } ?? .success(())
        }
        self.filled.signal()
        self.drained.signal()
    }
}
