package import NIOCore

/// Speaks TLS on a channel: what is below it is encrypted, what is above it is not.
///
/// A `TLSHandshakeCompleted` goes up the pipeline before the first byte does. What goes wrong comes up as a `TLSError`,
/// and ends the connection behind an alert for the peer; nothing that arrives from then on is looked at. All that is
/// written between two flushes leaves in as few records as it fits into, and in one write.
///
/// ```
/// idle -> handshaking -> open -> ending -> closed
///               |          |
///               +----------+---> failed -> closed
/// ```
package final class TLSHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    private enum State {
        /// Not yet connected.
        case idle
        case handshaking
        case open
        /// Our end is said, and on its way; nobody waits for more.
        case ending
        /// The alert is on its way; closing at once could destroy it.
        case failed
        case closed
    }

    private let session: TLSSession
    private let limits: TLSLimits
    private let answerToPlainHTTP: [UInt8]
    private var state = State.idle
    private var unsent: PendingWrites
    private var timer: Scheduled<Void>?
    /// Somebody above has asked for bytes and not got any.
    private var readIsWanted = false
    /// Bytes went up since the last end of a read.
    private var hasDelivered = false
    private var peerHasEnded = false
    private var hasEnded = false
    private var closePromise: EventLoopPromise<Void>?

    /// - Parameters:
    ///   - context: our certificate, and whom we trust.
    ///   - expectation: whom this connection must lead to.
    ///   - limits: what the peer may ask of us.
    ///   - answerToPlainHTTP: what a client is told that speaks plain HTTP to us.
    /// - Throws: `TLSError` for an expectation that cannot be.
    package init(
        _ context: TLSContext, expecting expectation: TLSPeerExpectation = .anybody, limits: TLSLimits = TLSLimits(),
        answerToPlainHTTP: [UInt8] = []
    ) throws(TLSError) {
        self.session = try TLSSession(context, expecting: expectation, limits: limits)
        self.limits = limits
        self.answerToPlainHTTP = answerToPlainHTTP
        self.unsent = PendingWrites()
    }

    // MARK: The connection

    package func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { self.begin(context) }
    }

    package func channelActive(context: ChannelHandlerContext) {
        self.begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard case .idle = self.state else { return }
        self.state = .handshaking
        self.setTimer(self.limits.handshakeTimeout, context)
        self.advance(context)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        switch self.state {
        case .handshaking:
            context.fireErrorCaught(
                TLSError(.truncated, "the peer closed the connection before the handshake was done"))
        case .open where !self.peerHasEnded:
            context.fireErrorCaught(TLSError(.truncated, "the peer closed the connection without saying so in TLS"))
        case .idle, .open, .ending, .failed, .closed: break
        }
        self.ended(with: ChannelError.eof)
        context.fireChannelInactive()
    }

    package func handlerRemoved(context: ChannelHandlerContext) { self.ended(with: ChannelError.ioOnClosedChannel) }

    private func ended(with error: any Error) {
        self.state = .closed
        self.timer?.cancel()
        self.timer = nil
        self.unsent.fail(error)
        self.closePromise?.succeed()
        self.closePromise = nil
    }

    // MARK: What arrives

    package func read(context: ChannelHandlerContext) {
        self.readIsWanted = true
        context.read()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.state {
        case .handshaking, .open: break
        case .idle, .ending, .failed, .closed: return
        }
        do {
            try self.session.receive(Self.unwrapInboundIn(data))
        } catch {
            self.fail(error, context)
            return
        }
        self.advance(context)
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        if self.hasDelivered {
            self.hasDelivered = false
            self.readIsWanted = false
            context.fireChannelReadComplete()
            return
        }
        switch self.state {
        // What came was for us alone: those who wait for their own bytes, and the handshake, need more.
        case .handshaking, .failed, .ending: context.read()
        case .open where self.readIsWanted: context.read()
        case .idle, .open, .closed: break
        }
        context.fireChannelReadComplete()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent, !self.peerHasEnded {
            switch self.state {
            case .handshaking, .open:
                context.fireErrorCaught(TLSError(.truncated, "the peer closed the connection without saying so in TLS"))
                context.close(promise: nil)
            case .idle, .ending, .failed, .closed: break
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Goes on with what has arrived.
    private func advance(_ context: ChannelHandlerContext) {
        do {
            if case .handshaking = self.state {
                let completed = try self.session.handshake()
                self.sendOutput(context)
                guard let completed else { return }
                self.state = .open
                self.timer?.cancel()
                self.timer = nil
                context.fireUserInboundEventTriggered(completed)
                self.sendFlushed(context)
            }
            guard case .open = self.state, !self.peerHasEnded else { return }
            try self.deliver(context)
        } catch {
            self.fail(error, context)
        }
    }

    private func deliver(_ context: ChannelHandlerContext) throws(TLSError) {
        var plain = context.channel.allocator.buffer(capacity: 0)
        let outcome: Result<TLSSession.Reading, TLSError>
        do {
            outcome = .success(try self.session.decrypt(into: &plain))
        } catch {
            outcome = .failure(error)
        }
        // The session may have had something to answer: new keys, an alert.
        self.sendOutput(context)
        if plain.readableBytes > 0 {
            self.hasDelivered = true
            context.fireChannelRead(Self.wrapInboundOut(plain))
        }
        guard case .open = self.state else { return }
        if case .ended = try outcome.get() {
            self.peerHasEnded = true
            // There is no use of a connection that nobody can ask anything.
            self.close(context: context, mode: .all, promise: nil)
        }
    }

    // MARK: What is sent

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch self.state {
        case .idle, .handshaking, .open: break
        case .ending, .failed, .closed:
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        guard !self.hasEnded else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        let bytes = Self.unwrapOutboundIn(data)
        self.unsent.append(bytes, promise)
        if case .open = self.state { return }
        // Leaving out one write would leave a hole: the connection ends.
        guard self.unsent.byteCount > self.limits.earlyBytes else { return }
        self.fail(
            TLSError(.limitExceeded, "more than \(self.limits.earlyBytes) bytes wait for the handshake"), context)
    }

    package func flush(context: ChannelHandlerContext) {
        self.unsent.markFlushed()
        self.sendFlushed(context)
    }

    private func sendFlushed(_ context: ChannelHandlerContext) {
        guard case .open = self.state, self.unsent.hasFlushed else { return }
        let (bytes, promises) = self.unsent.takeFlushed()
        var output = context.channel.allocator.buffer(capacity: bytes.readableBytes + TLSLimits.recordBytes / 4)
        do {
            // Piece by piece, so that OpenSSL's own memory stays small.
            var rest = bytes
            while let piece = rest.readSlice(length: min(rest.readableBytes, Self.pieceBytes)), piece.readableBytes > 0
            {
                try self.session.encrypt(piece.readableBytesView)
                self.session.takeOutput(into: &output)
            }
        } catch {
            for promise in promises { promise.fail(error) }
            self.fail(error, context)
            return
        }
        context.writeAndFlush(Self.wrapOutboundOut(output), promise: promises.combined(on: context.eventLoop))
    }

    /// How much is encrypted before the result is taken: four records.
    private static let pieceBytes = 4 * TLSLimits.recordBytes

    /// Sends what the session itself has to say.
    private func sendOutput(_ context: ChannelHandlerContext, promise: EventLoopPromise<Void>? = nil) {
        var output = context.channel.allocator.buffer(capacity: 0)
        self.session.takeOutput(into: &output)
        guard output.readableBytes > 0 else {
            promise?.succeed()
            return
        }
        context.writeAndFlush(Self.wrapOutboundOut(output), promise: promise)
    }

    // MARK: The end

    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch (mode, self.state) {
        case (.input, _): context.close(mode: .input, promise: promise)
        case (.output, .open): self.endOutput(context, promise)
        case (.all, .open): self.endAll(context, promise)
        case (.all, .failed) where self.closePromise == nil:
            // The alert is on its way: the timer or the peer ends the connection soon.
            let closing = promise ?? context.eventLoop.makePromise(of: Void.self)
            self.closePromise = closing
        default:
            // Nothing to say, or asked for the second time: at once.
            self.ended(with: ChannelError.ioOnClosedChannel)
            context.close(mode: .all, promise: promise)
        }
    }

    private func endOutput(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        guard !self.hasEnded else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        self.sayEnd(context) { context in context.close(mode: .output, promise: promise) }
    }

    private func endAll(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        self.state = .ending
        self.setTimer(self.limits.closeTimeout, context)
        guard !self.hasEnded else {
            context.close(mode: .all, promise: promise)
            return
        }
        self.sayEnd(context) { context in context.close(mode: .all, promise: promise) }
    }

    /// Sends our end, and goes on when it has left this machine's memory.
    private func sayEnd(
        _ context: ChannelHandlerContext, then body: @escaping (ChannelHandlerContext) -> Void
    ) {
        self.hasEnded = true
        self.unsent.fail(ChannelError.ioOnClosedChannel)
        self.session.end()
        let sent = context.eventLoop.makePromise(of: Void.self)
        // SAFETY: handlers run on their channel's loop, where the promise was made; the call checks that.
        sent.futureResult.assumeIsolated().whenComplete { _ in body(context) }
        self.sendOutput(context, promise: sent)
    }

    /// Ends the connection: an alert for the peer, if there is one, then our half, and soon everything.
    private func fail(_ error: TLSError, _ context: ChannelHandlerContext) {
        self.state = .failed
        self.setTimer(self.limits.closeTimeout, context)
        self.unsent.fail(error)
        var farewell = context.channel.allocator.buffer(capacity: 0)
        self.session.takeOutput(into: &farewell)
        if error == TLSSession.plainHTTP, !self.answerToPlainHTTP.isEmpty {
            farewell = context.channel.allocator.buffer(bytes: self.answerToPlainHTTP)
        }
        guard farewell.readableBytes > 0 else {
            context.fireErrorCaught(error)
            self.ended(with: error)
            context.close(mode: .all, promise: nil)
            return
        }
        let sent = context.eventLoop.makePromise(of: Void.self)
        // SAFETY: handlers run on their channel's loop, where the promise was made; the call checks that.
        sent.futureResult.assumeIsolated().whenComplete { _ in
            guard case .failed = self.state else { return }
            context.close(mode: .output, promise: nil)
        }
        context.writeAndFlush(Self.wrapOutboundOut(farewell), promise: sent)
        context.fireErrorCaught(error)
        // Reading goes on, so that the peer's end is seen.
        context.read()
    }

    // MARK: Time

    private func setTimer(_ duration: Duration, _ context: ChannelHandlerContext) {
        self.timer?.cancel()
        // SAFETY: handlers run on their channel's loop; the call checks that.
        self.timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(duration)) {
            self.timer = nil
            self.timeExpired(context)
        }
    }

    private func timeExpired(_ context: ChannelHandlerContext) {
        switch self.state {
        case .handshaking:
            let error = TLSError(.handshakeTimeout, "the handshake took longer than \(self.limits.handshakeTimeout)")
            self.ended(with: error)
            context.fireErrorCaught(error)
            context.close(mode: .all, promise: nil)
        case .ending, .failed:
            self.ended(with: ChannelError.ioOnClosedChannel)
            context.close(mode: .all, promise: nil)
        case .idle, .open, .closed: break
        }
    }
}
