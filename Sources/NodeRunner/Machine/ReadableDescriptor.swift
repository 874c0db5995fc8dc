import Dispatch
import Glibc

/// A descriptor that is ours, and what to do when it can be read from.
///
/// Closed when cancelled or let go of.
final class ReadableDescriptor: Sendable {
    // SAFETY: Dispatch sources may be used from any thread; this one is active before anyone sees it, then cancelled.
    private nonisolated(unsafe) let source: any DispatchSourceRead

    init(_ descriptor: Int32, on queue: DispatchQueue, _ handler: @escaping @Sendable () -> Void) {
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setEventHandler(handler: handler)
        source.setCancelHandler { close(descriptor) }
        self.source = source
        source.activate()
    }

    deinit { self.source.cancel() }

    func cancel() { self.source.cancel() }
}
