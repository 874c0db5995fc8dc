import Synchronization

/// Those who follow logs.
///
/// A runner that is to end does not wait for them, and they learn that it is not their pods' end.
final class LogFollowers: Sendable {
    private struct State {
        var isEnding = false
        var number = 0
        var changes: [Int: FolderChange] = [:]
    }

    private let state = Mutex(State())

    /// Whether the runner is to end.
    var isEnding: Bool { self.state.withLock { $0.isEnding } }

    /// Has `end` wake who waits for a change; answers the number by which it is taken away again.
    func add(_ change: FolderChange) -> Int {
        self.state.withLock { state in
            state.number += 1
            state.changes[state.number] = change
            return state.number
        }
    }

    func remove(_ number: Int) { self.state.withLock { _ = $0.changes.removeValue(forKey: number) } }

    func end() {
        let changes = self.state.withLock { state in
            state.isEnding = true
            return Array(state.changes.values)
        }
        for change in changes { change.wake() }
    }
}
