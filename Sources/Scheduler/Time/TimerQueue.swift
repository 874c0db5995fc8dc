import Model
import Synchronization
import WorkflowEngine

/// What a timer is for.
enum TimerKey: Hashable, Sendable {
    case workflow(shard: Int, uid: String, TimerID)
    case cron(WorkflowName)
    /// The next workflow whose time to live runs out.
    case expiry
}

/// The timers of a replica: a heap, and one task that waits for the first of them.
final class TimerQueue: Sendable {
    private struct Entry {
        var time: Timestamp
        var key: TimerKey
        /// Tells an entry from an older one of the same key.
        var generation: Int
    }

    private struct State {
        var heap: [Entry] = []
        var current: [TimerKey: Int] = [:]
        var keysByUID: [String: Set<TimerKey>] = [:]
        var nextGeneration = 0
    }

    private let clock: any SchedulerClock
    private let state = Mutex(State())
    private let wakeUp = WakeUp()

    init(clock: any SchedulerClock) { self.clock = clock }

    /// Starts a timer, or moves it.
    func set(_ key: TimerKey, at time: Timestamp) {
        let isFirst = self.state.withLock { state in
            state.nextGeneration += 1
            state.current[key] = state.nextGeneration
            if case .workflow(_, let uid, _) = key { state.keysByUID[uid, default: []].insert(key) }
            let first = state.heap.first?.time
            state.heap.append(Entry(time: time, key: key, generation: state.nextGeneration))
            Self.siftUp(&state.heap)
            return first.map { time < $0 } ?? true
        }
        if isFirst { self.wakeUp.signal() }
    }

    func cancel(_ key: TimerKey) { self.state.withLock { Self.forget(key, in: &$0) } }

    /// Cancels every timer of a workflow.
    func cancelAll(uid: String) {
        self.state.withLock { state in
            for key in state.keysByUID[uid] ?? [] { Self.forget(key, in: &state) }
        }
    }

    /// Cancels every timer of a shard's workflows.
    func cancelAll(shard: Int) {
        self.state.withLock { state in
            let uids = state.keysByUID.filter { _, keys in
                keys.contains { if case .workflow(shard, _, _) = $0 { true } else { false } }
            }.keys
            for uid in uids { for key in state.keysByUID[uid] ?? [] { Self.forget(key, in: &state) } }
        }
    }

    /// Hands timers to `fire` as they run out, until the task is cancelled.
    func run(_ fire: @escaping @Sendable (TimerKey) -> Void) async {
        while !Task.isCancelled {
            for key in self.takeDue() { fire(key) }
            let next = self.state.withLock { $0.heap.first?.time }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { [wakeUp] in await wakeUp.wait() }
                if let next {
                    group.addTask { [clock] in
                        // Cancelled where a nearer timer came: the loop looks again either way.
                        do { try await clock.sleep(until: next) } catch { return }
                    }
                }
                await group.next()
                group.cancelAll()
            }
        }
    }

    private func takeDue() -> [TimerKey] {
        let now = self.clock.now()
        return self.state.withLock { state in
            var due: [TimerKey] = []
            while let first = state.heap.first {
                let isCurrent = state.current[first.key] == first.generation
                guard !isCurrent || first.time <= now else { break }
                Self.removeFirst(&state.heap)
                guard isCurrent else { continue }
                Self.forget(first.key, in: &state)
                due.append(first.key)
            }
            return due
        }
    }

    private static func forget(_ key: TimerKey, in state: inout State) {
        state.current[key] = nil
        guard case .workflow(_, let uid, _) = key else { return }
        state.keysByUID[uid]?.remove(key)
        if state.keysByUID[uid]?.isEmpty == true { state.keysByUID[uid] = nil }
    }

    private static func siftUp(_ heap: inout [Entry]) {
        var index = heap.count - 1
        while index > 0, heap[index].time < heap[(index - 1) / 2].time {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private static func removeFirst(_ heap: inout [Entry]) {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var index = 0
        while true {
            let children = (2 * index + 1)..<min(2 * index + 3, max(heap.count, 2 * index + 1))
            guard let least = children.min(by: { heap[$0].time < heap[$1].time }), heap[least].time < heap[index].time
            else { return }
            heap.swapAt(index, least)
            index = least
        }
    }
}
