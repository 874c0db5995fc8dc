import NIOCore

/// What lives on the streams of a connection: the calls of a client, or those that a server serves.
///
/// Everything is called on the connection's event loop.
protocol HTTP2Application: HTTP2StreamDelegate {
    /// The peer showed that it speaks HTTP/2.
    func connectionOpened()
    /// The peer takes no new stream.
    func peerIsLeaving(_ error: HTTP2Error)
    /// All bytes that were there have been received.
    func readEnded()
    /// Called about once a second.
    func tick(_ now: NIODeadline)
    /// The connection is gone, and with it every stream: nothing else is called after this.
    func connectionEnded(_ error: HTTP2Error)
    var hasStreams: Bool { get }
}

/// Fired through the pipeline, once and before the first byte, by a handler that has found out who is at the other end.
package struct HTTP2PeerIdentified: Hashable, Sendable {
    package let peer: String

    package init(_ peer: String) { self.peer = peer }
}

/// One HTTP/2 connection: the last handler of its pipeline.
///
///     handshaking ──settings──▶ open ──drain──▶ leaving ──pong──▶ draining ──last stream──▶ closed
///          │                     └───────GOAWAY of the peer────────▲                         ▲
///          └───────── failure, silence, closed by the peer ──────────────────────────────────┘
///
/// Bytes that were read go to the session in one call; what the session has to say leaves in one write at the end of
/// the loop's turn. While the peer does not take what was written nothing more is made to be sent, and reading goes on:
/// what arrives is bounded by windows and limits, and both sides would wait for ever otherwise.
final class HTTP2ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case handshaking(hasSettings: Bool, isAcknowledged: Bool)
        case open
        /// The peer is being told that this side ends; streams that it opens meanwhile are served.
        case leaving
        case draining
        case closed
    }

    let session: HTTP2Session
    /// Who is at the other end, where that is known.
    private(set) var peer: String?
    private let application: any HTTP2Application
    private let limits: HTTP2Limits
    private var state = State.handshaking(hasSettings: false, isAcknowledged: false)
    private var context: ChannelHandlerContext?
    private var timer: LoopTimer?
    /// Why the connection ends, as far as it is known.
    private var reason: HTTP2Error?
    private var isFlushScheduled = false

    // Moments that limits are counted from.
    private var opened = NIODeadline.uptimeNanoseconds(0)
    private var lastRead = NIODeadline.uptimeNanoseconds(0)
    private var headersSince: NIODeadline?
    private var pingSince: NIODeadline?
    private var stalledSince: NIODeadline?

    /// What leaves in one write at most.
    private static let writeBytes = 64 * 1024
    private static let initialWriteBytes = 4096

    init(_ session: HTTP2Session, application: any HTTP2Application) {
        self.session = session
        self.application = application
        self.limits = session.limits
        session.streams = application
        session.connection = self
    }

    // MARK: The channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.opened = context.eventLoop.now
        self.lastRead = self.opened
        self.timer = LoopTimer(eventLoop: context.eventLoop) { [unowned self] in self.tick() }
        self.timer?.set(self.opened + self.tickInterval)
        if context.channel.isActive { self.flush() }
    }

    func channelActive(context: ChannelHandlerContext) {
        self.flush()
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let identified = event as? HTTP2PeerIdentified { self.peer = identified.peer }
        context.fireUserInboundEventTriggered(event)
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.ended() }

    func channelInactive(context: ChannelHandlerContext) {
        self.ended()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if self.reason == nil { self.reason = HTTP2Error(.connectionLost, "the connection broke: \(error)") }
        context.close(promise: nil)
    }

    private func ended() {
        if case .closed = self.state, self.context == nil { return }
        self.state = .closed
        self.timer?.stop()
        self.timer = nil
        self.context = nil
        self.application.connectionEnded(self.reason ?? HTTP2Error(.connectionLost, "the peer closed the connection"))
    }

    // MARK: Bytes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .closed = self.state { return }
        self.lastRead = context.eventLoop.now
        let bytes = self.unwrapInboundIn(data)
        do throws(HTTP2Error) {
            try bytes.withUnsafeReadableBytes { (buffer) throws(HTTP2Error) in try self.session.receive(buffer) }
        } catch {
            self.fail(error)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.application.readEnded()
        self.flush()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            self.stalledSince = nil
            self.flush()
        }
        context.fireChannelWritabilityChanged()
    }

    /// Has what was submitted written once the loop's turn ends.
    func scheduleFlush() {
        guard !self.isFlushScheduled, let context = self.context else { return }
        self.isFlushScheduled = true
        // SAFETY: a handler runs on its loop, which the call checks.
        context.eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            self.flush()
        }
    }

    private func flush() {
        if case .closed = self.state { return }
        guard let context = self.context, context.channel.isActive else { return }
        var isWritten = false
        while context.channel.isWritable {
            var buffer = context.channel.allocator.buffer(capacity: HTTP2ConnectionHandler.initialWriteBytes)
            do throws(HTTP2Error) {
                try self.session.takeOutput { bytes in
                    buffer.writeBytes(bytes)
                    return buffer.readableBytes < HTTP2ConnectionHandler.writeBytes
                }
            } catch {
                return self.fail(error)
            }
            guard buffer.readableBytes > 0 else { break }
            context.write(self.wrapOutboundOut(buffer), promise: nil)
            isWritten = true
        }
        if isWritten { context.flush() }
        if !context.channel.isWritable, self.stalledSince == nil { self.stalledSince = context.eventLoop.now }
        self.closeIfFinished()
    }

    private func closeIfFinished() {
        switch self.state {
        case .draining where !self.application.hasStreams && !self.session.wantsOutput: self.close()
        case .open, .leaving, .draining, .handshaking:
            guard self.session.isFinished else { return }
            if self.reason == nil {
                let text = self.session.libraryMessage.map { ": \($0)" } ?? ""
                self.reason = HTTP2Error(.protocolViolation, "the peer does not speak HTTP/2 properly\(text)")
            }
            self.close()
        case .closed: break
        }
    }

    private func close() {
        self.state = .closed
        self.context?.close(promise: nil)
    }

    /// Ends the connection at once, telling the peer why.
    private func fail(_ error: HTTP2Error) {
        if case .closed = self.state { return }
        if self.reason == nil { self.reason = error }
        guard let context = self.context else { return }
        self.state = .closed
        let farewell = context.channel.allocator.buffer(bytes: self.session.farewell(error))
        // SAFETY: a handler runs on its loop, which the call checks.
        context.writeAndFlush(self.wrapOutboundOut(farewell)).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
        // A peer that takes nothing does not take the farewell either.
        if !context.channel.isWritable { context.close(promise: nil) }
    }

    // MARK: Ending in order

    /// Takes no new stream; ends when those under way have.
    func drain() {
        switch self.state {
        case .handshaking, .open:
            if self.session.role == .server {
                // The final GOAWAY follows when the peer has seen this one.
                self.state = .leaving
                self.session.announceShutdown()
                self.ping()
            } else {
                self.state = .draining
                self.session.goAway()
            }
            self.flush()
        case .leaving, .draining, .closed: break
        }
    }

    /// Ends the connection with everything on it.
    func abort(_ error: HTTP2Error) {
        if self.reason == nil { self.reason = error }
        self.close()
    }

    // MARK: Time

    private var tickInterval: TimeAmount {
        let shortest =
            [
                self.limits.prefaceTime, self.limits.headerTime, self.limits.bodyTime, self.limits.stallTime,
                self.limits.keepaliveInterval, self.limits.keepaliveTimeout,
            ].min() ?? .seconds(1)
        return TimeAmount(max(.milliseconds(5), min(.seconds(1), shortest / 4)))
    }

    private func tick() {
        guard let context = self.context else { return }
        let now = context.eventLoop.now
        if let overdue = self.overdue(now) { return self.fail(overdue) }
        if self.isGreeted, self.pingSince == nil, now - self.lastRead >= TimeAmount(self.limits.keepaliveInterval) {
            self.ping()
        }
        self.application.tick(now)
        self.flush()
        self.timer?.set(now + self.tickInterval)
    }

    /// Whether the peer has said anything: until then it has the time of the preface.
    private var isGreeted: Bool {
        if case .handshaking(let hasSettings, _) = self.state { hasSettings } else { true }
    }

    private func ping() {
        self.pingSince = self.context?.eventLoop.now
        self.session.ping()
    }

    private func overdue(_ now: NIODeadline) -> HTTP2Error? {
        func isPast(_ start: NIODeadline?, _ limit: Duration) -> Bool {
            start.map { now - $0 > TimeAmount(limit) } ?? false
        }
        if case .handshaking = self.state, isPast(self.opened, self.limits.prefaceTime) {
            return HTTP2Error(.excess, "no HTTP/2 preface within \(self.limits.prefaceTime)")
        }
        if isPast(self.headersSince, self.limits.headerTime) {
            return HTTP2Error(.excess, "headers that take longer than \(self.limits.headerTime)")
        }
        if isPast(self.stalledSince, self.limits.stallTime) {
            return HTTP2Error(.connectionLost, "the peer took nothing for \(self.limits.stallTime)")
        }
        if let pingSince = self.pingSince, pingSince > self.lastRead, isPast(pingSince, self.limits.keepaliveTimeout) {
            return HTTP2Error(.connectionLost, "the peer did not answer for \(self.limits.keepaliveTimeout)")
        }
        return nil
    }
}

extension HTTP2ConnectionHandler: HTTP2ConnectionDelegate {
    var now: Duration { .nanoseconds(Int64(NIODeadline.now().uptimeNanoseconds)) }

    func settingsArrived(isAcknowledgement: Bool) {
        guard case .handshaking(let hasSettings, let isAcknowledged) = self.state else { return }
        let handshake = (hasSettings || !isAcknowledgement, isAcknowledged || isAcknowledgement)
        self.state =
            handshake == (true, true) ? .open : .handshaking(hasSettings: handshake.0, isAcknowledged: handshake.1)
        if !hasSettings, !isAcknowledgement { self.application.connectionOpened() }
    }

    func pingAnswered() {
        self.pingSince = nil
        guard case .leaving = self.state else { return }
        self.state = .draining
        self.session.goAway()
    }

    func goAwayArrived(_ error: HTTP2Error) {
        if self.reason == nil { self.reason = error }
        switch self.state {
        case .handshaking, .open, .leaving: self.state = .draining
        case .draining, .closed: break
        }
        self.application.peerIsLeaving(error)
    }

    func headersBegan() { self.headersSince = self.lastRead }

    func headersEnded() { self.headersSince = nil }
}
