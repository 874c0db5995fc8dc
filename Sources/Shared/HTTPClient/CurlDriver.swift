import CCurl
import Glibc
import Synchronization

/// The thread that drives all exchanges of a client through libcurl's multi interface.
///
/// Other threads put commands into its queue and wake it; libcurl is called on this thread alone.
final class CurlDriver: Sendable {
    enum Command: Sendable {
        case start(CurlTransfer)
        case resume(CurlTransfer)
        case cancel(CurlTransfer)
    }

    private struct Queue {
        var commands: [Command] = []
        var isStopping = false
        var isRunning = false
    }

    /// How long the thread sleeps when nothing happens; a command wakes it at once.
    private static let pollMilliseconds: Int32 = 60_000

    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private let queue = Mutex(Queue())
    // SAFETY: only the driver's thread uses it, but for curl_multi_wakeup, which any thread may call.
    private nonisolated(unsafe) let multi: UnsafeMutableRawPointer?

    init() { self.multi = Self.isReady ? curl_multi_init() : nil }

    func enqueue(_ command: Command) {
        let isTaken = self.queue.withLock { queue in
            guard !queue.isStopping, let multi = self.multi else { return false }
            queue.commands.append(command)
            if !queue.isRunning {
                queue.isRunning = true
                self.startThread()
            }
            // Under the lock: the thread cannot yet have seen a stop and given libcurl's handle back.
            curl_multi_wakeup(multi)
            return true
        }
        if !isTaken, case .start(let transfer) = command {
            transfer.finish(.failure(HTTPClientError(.cancelled, "the HTTP client is closed")))
        }
    }

    /// Ends all exchanges and the thread.
    func stop() {
        self.queue.withLock { queue in
            queue.isStopping = true
            guard let multi = self.multi else { return }
            if queue.isRunning { curl_multi_wakeup(multi) } else { curl_multi_cleanup(multi) }
        }
    }

    private func startThread() {
        // SAFETY: the thread takes over this reference, and gives it up when it ends.
        let context = Unmanaged.passRetained(self).toOpaque()
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<CurlDriver>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context)
        precondition(code == 0, "no thread can be started: error \(code)")
        pthread_detach(thread)
    }

    // MARK: - On the thread

    private func run() {
        guard let multi = self.multi else { return }
        var handles: [UnsafeMutableRawPointer: CurlHandle] = [:]
        while true {
            let (commands, isStopping) = self.queue.withLock { queue in
                defer { queue.commands = [] }
                return (queue.commands, queue.isStopping)
            }
            for command in commands { Self.perform(command, multi, &handles) }
            if isStopping { break }
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            Self.collect(multi, &handles)
            curl_multi_poll(multi, nil, 0, Self.pollMilliseconds, nil)
        }
        for handle in handles.values {
            curl_multi_remove_handle(multi, handle.raw)
            handle.transfer.finish(.failure(HTTPClientError(.cancelled, "the HTTP client is closed")))
        }
        handles = [:]
        curl_multi_cleanup(multi)
    }

    private static func perform(
        _ command: Command, _ multi: UnsafeMutableRawPointer, _ handles: inout [UnsafeMutableRawPointer: CurlHandle]
    ) {
        switch command {
        case .start(let transfer):
            do {
                let handle = try CurlHandle(transfer)
                handles[handle.raw] = handle
                curl_multi_add_handle(multi, handle.raw)
            } catch {
                transfer.finish(.failure(error))
            }
        case .resume(let transfer):
            handles.values.first { $0.transfer === transfer }?.resume()
        case .cancel(let transfer):
            if let handle = handles.values.first(where: { $0.transfer === transfer }) {
                curl_multi_remove_handle(multi, handle.raw)
                handles[handle.raw] = nil
            }
            transfer.finish(.failure(HTTPClientError(.cancelled, "\(transfer.request.url): cancelled")))
        }
    }

    /// Takes the exchanges that have ended.
    private static func collect(
        _ multi: UnsafeMutableRawPointer, _ handles: inout [UnsafeMutableRawPointer: CurlHandle]
    ) {
        var waiting: Int32 = 0
        while let message = curl_multi_info_read(multi, &waiting) {
            guard message.pointee.msg == CURLMSG_DONE, let raw = message.pointee.easy_handle,
                let handle = handles.removeValue(forKey: raw)
            else { continue }
            let outcome = handle.outcome(apus_curl_outcome(message))
            curl_multi_remove_handle(multi, raw)
            handle.transfer.finish(outcome)
        }
    }
}
