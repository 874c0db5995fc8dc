import NIOCore
import NIOHTTP1

/// What the handler keeps of an answer whose body flows.
struct StreamedBody {
    /// What is sent when nothing else was for a while.
    var keepAlive: [UInt8]?
    private(set) var isCancelled = false
    private var waiter: CheckedContinuation<Void, any Error>?

    mutating func wait(_ continuation: CheckedContinuation<Void, any Error>) {
        precondition(self.waiter == nil)
        self.waiter = continuation
    }

    mutating func continueWriting() {
        self.waiter?.resume()
        self.waiter = nil
    }

    mutating func end(with error: any Error) {
        self.isCancelled = true
        self.waiter?.resume(throwing: error)
        self.waiter = nil
    }
}

extension ExchangeHandler {
    /// Sends the head of an answer whose body follows piece by piece.
    ///
    /// - Returns: whether a body may follow.
    func begin(_ response: GatewayResponse, _ stream: ResponseStream) -> Bool {
        guard case .answering(var exchange) = self.state, let context = self.context else { return false }
        if stream.length == nil, !exchange.understandsChunks { exchange.keepsAlive = false }
        var head = self.head(response, exchange)
        if let length = stream.length {
            head.headers.add(name: "Content-Length", value: String(length))
        } else if exchange.understandsChunks {
            head.headers.add(name: "Transfer-Encoding", value: "chunked")
        }
        context.writeAndFlush(self.wrapOutboundOut(.head(head)), promise: nil)
        self.state = .streaming(exchange)
        guard !exchange.isHead else {
            // No piece, and not the end mark of the chunks either: the head was all of it.
            self.finish(exchange, context, withEnd: false)
            return false
        }
        self.writer = StreamedBody()
        self.writer.keepAlive = stream.framing.keepAlive
        self.setStreamTimer()
        return true
    }

    /// Writes a piece; `continuation` goes on once there is room for the next.
    func write(_ bytes: [UInt8], _ continuation: CheckedContinuation<Void, any Error>) {
        guard case .streaming = self.state, !self.writer.isCancelled, let context = self.context else {
            continuation.resume(throwing: CancellationError())
            return
        }
        self.writePiece(bytes, context)
        guard context.channel.isWritable else {
            self.writer.wait(continuation)
            return
        }
        self.setStreamTimer()
        continuation.resume()
    }

    /// Ends the body.
    ///
    /// - Parameters:
    ///   - last: a last piece.
    ///   - isWhole: whether the client may take the body for complete. Where it may not and no frame could say so, the
    ///     connection is cut.
    func end(last: [UInt8]?, isWhole: Bool) {
        guard case .streaming(let exchange) = self.state, let context = self.context else { return }
        guard isWhole || last != nil else {
            context.close(promise: nil)
            return
        }
        if let last { self.writePiece(last, context) }
        self.finish(exchange, context)
    }

    /// Whoever produces the body is to stop: no piece waits or is taken from here on, only `end` is.
    func cancelWrite() { self.writer.end(with: CancellationError()) }

    func sendKeepAlive(_ exchange: Exchange, _ context: ChannelHandlerContext) {
        guard let bytes = self.writer.keepAlive else { return }
        self.writePiece(bytes, context)
        self.setStreamTimer()
    }

    func setStreamTimer() {
        if self.writer.keepAlive != nil {
            self.timer?.set(self.limits.keepAliveInterval)
        } else {
            self.timer?.clear()
        }
    }

    private func writePiece(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        guard !bytes.isEmpty else { return }
        let buffer = context.channel.allocator.buffer(bytes: bytes)
        context.writeAndFlush(self.wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
    }
}
