import CLinux
import Dispatch
import Glibc
import Synchronization

/// Tells one waiter that a file, or something in a folder, has changed.
///
/// Driven by inotify: nothing is polled.
package final class FolderChange: Sendable {
    private let watch: Mutex<ReadableDescriptor?> = Mutex(nil)
    private let state = Mutex(State())

    private struct State {
        var hasChanged = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    package init(_ path: String) throws(RunnerError) {
        let watch = apus_watch_file(path)
        guard watch >= 0 else { throw .system("\(path) cannot be watched", errno) }
        let descriptor = ReadableDescriptor(watch, on: DispatchQueue.global()) { [weak self] in
            apus_drain(watch)
            self?.wake()
        }
        self.watch.withLock { $0 = descriptor }
    }

    /// Has `wait` return, now or the next time.
    func wake() {
        let waiter = self.state.withLock { state in
            state.hasChanged = state.waiter == nil
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns at the first change since it last returned, or when the task is cancelled.
    package func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = self.state.withLock { state in
                    if state.hasChanged || Task.isCancelled {
                        state.hasChanged = false
                        return true
                    }
                    state.waiter = continuation
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            self.wake()
        }
    }
}
