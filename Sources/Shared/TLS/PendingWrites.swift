import NIOCore

/// What was written and has not been encrypted: because it was not flushed, or because the handshake runs.
struct PendingWrites {
    private var flushed: [ByteBuffer] = []
    private var unflushed: [ByteBuffer] = []
    private var flushedPromises: [EventLoopPromise<Void>] = []
    private var unflushedPromises: [EventLoopPromise<Void>] = []
    private(set) var byteCount = 0

    /// Whether a flush waits, be it of no bytes at all.
    var hasFlushed: Bool { !self.flushed.isEmpty }

    mutating func append(_ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>?) {
        self.byteCount += bytes.readableBytes
        self.unflushed.append(bytes)
        if let promise { self.unflushedPromises.append(promise) }
    }

    mutating func markFlushed() {
        self.flushed += self.unflushed
        self.flushedPromises += self.unflushedPromises
        self.unflushed.removeAll(keepingCapacity: true)
        self.unflushedPromises.removeAll(keepingCapacity: true)
    }

    /// What was flushed, in one piece, and who waits for it.
    mutating func takeFlushed() -> (bytes: ByteBuffer, promises: [EventLoopPromise<Void>]) {
        var bytes = self.flushed[0]
        if self.flushed.count > 1 {
            bytes.reserveCapacity(minimumWritableBytes: self.flushed[1...].reduce(0) { $0 + $1.readableBytes })
            for buffer in self.flushed[1...] { bytes.writeImmutableBuffer(buffer) }
        }
        self.byteCount -= bytes.readableBytes
        let promises = self.flushedPromises
        self.flushed.removeAll(keepingCapacity: true)
        self.flushedPromises.removeAll(keepingCapacity: true)
        return (bytes, promises)
    }

    mutating func fail(_ error: any Error) {
        let promises = self.flushedPromises + self.unflushedPromises
        self = PendingWrites()
        for promise in promises { promise.fail(error) }
    }
}

extension [EventLoopPromise<Void>] {
    /// One promise for all; `nil` where there is none.
    func combined(on eventLoop: any EventLoop) -> EventLoopPromise<Void>? {
        guard self.count > 1 else { return self.first }
        let promise = eventLoop.makePromise(of: Void.self)
        for waiting in self { promise.futureResult.cascade(to: waiting) }
        return promise
    }
}
