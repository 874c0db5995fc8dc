import ActorTransport
import NIOCore
import NIOHTTP1

/// The requests and answers of one connection, in order: the last handler of its pipeline.
///
///     awaitingHead ──head──▶ receiving ──end──▶ answering ──▶ streaming
///          ▲                     │                  │             │
///          └─────────────────────┼──────────────────┴─────────────┘  (kept alive)
///                                ▼
///                            draining ──▶ closed                     (refused, or the last answer)
///
/// While an answer is under way nothing more is read; what the decoder has already taken apart waits in `pending`. A
/// client that closes is noticed all the same. Everything here runs on the connection's event loop.
final class ExchangeHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = HTTPServerResponsePart

    enum State {
        case awaitingHead
        case receiving(HTTPRequestHead)
        case answering(Exchange)
        /// The head of the answer is sent, its body flows.
        case streaming(Exchange)
        /// The answer that ends the connection is sent; what still arrives is thrown away, so that closing does not
        /// destroy the answer on its way.
        case draining
        case closed
    }

    let limits: GatewayLimits
    private let budget: HeadBudget
    private let requests: AsyncStream<ReceivedRequest>.Continuation
    var state = State.awaitingHead
    private var body = ByteBuffer()
    private var pending = CircularBuffer<HTTPServerRequestPart>()
    private var holdsRead = false
    private var closesAfterAnswer = false
    private var headTimerRuns = false
    var writer = StreamedBody()
    var context: ChannelHandlerContext?
    var timer: ConnectionTimer?

    init(limits: GatewayLimits, budget: HeadBudget, requests: AsyncStream<ReceivedRequest>.Continuation) {
        self.limits = limits
        self.budget = budget
        self.requests = requests
    }

    // MARK: The connection

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.timer = ConnectionTimer(eventLoop: context.eventLoop) { [weak self] in self?.timeExpired() }
        // A connection that never says a word has as long as one that pauses between requests.
        self.timer?.set(self.limits.idleTimeout)
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.ended() }

    func channelInactive(context: ChannelHandlerContext) {
        self.ended()
        context.fireChannelInactive()
    }

    private func ended() {
        self.state = .closed
        self.timer?.stop()
        self.timer = nil
        self.context = nil
        self.pending.removeAll()
        self.requests.finish()
        self.writer.end(with: CancellationError())
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (self.state, error) {
        case (.awaitingHead, let error as HTTPParserError), (.receiving, let error as HTTPParserError):
            let isTooLarge = error == .headerOverflow
            self.refuse(
                status: isTooLarge ? 431 : 400,
                ServiceError(.invalidArgument, isTooLarge ? self.headLimitMessage : "malformed HTTP request: \(error)"))
        case (.answering, _ as HTTPParserError):
            // What follows a good request is broken: its answer is still due.
            self.closesAfterAnswer = true
        case (.closed, _), (.draining, _ as HTTPParserError): break
        default: context.close(promise: nil)
        }
    }

    private var headLimitMessage: String {
        "the request's headers are larger than \(self.limits.headBytes) bytes or too many"
    }

    /// Ends the connection as soon as no answer is under way.
    func quiesce() {
        self.closesAfterAnswer = true
        if case .awaitingHead = self.state { self.context?.close(promise: nil) }
    }

    // MARK: Requests

    func read(context: ChannelHandlerContext) {
        if self.mayRead(context) { context.read() } else { self.holdsRead = true }
    }

    private func mayRead(_ context: ChannelHandlerContext) -> Bool {
        switch self.state {
        case .awaitingHead, .receiving: context.channel.isWritable
        case .draining, .closed: true
        case .answering, .streaming: false
        }
    }

    private func readOn(_ context: ChannelHandlerContext) {
        guard self.holdsRead, self.mayRead(context) else { return }
        self.holdsRead = false
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = self.unwrapInboundIn(data)
        switch self.state {
        case .awaitingHead, .receiving: self.receive(part, context)
        case .answering, .streaming: self.pending.append(part)
        case .draining, .closed: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .awaitingHead = self.state, self.budget.used > 0 {
            if self.budget.used > self.limits.headBytes {
                self.refuse(status: 431, ServiceError(.invalidArgument, self.headLimitMessage))
            } else if !self.headTimerRuns {
                self.headTimerRuns = true
                self.timer?.set(self.limits.headTimeout)
            }
        }
        context.fireChannelReadComplete()
    }

    private func receive(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let head): self.receive(head, context)
        case .body(let piece):
            guard case .receiving = self.state else { return }
            guard self.body.readableBytes + piece.readableBytes <= self.limits.bodyBytes else {
                self.refuseBody()
                return
            }
            self.body.writeImmutableBuffer(piece)
        case .end:
            guard case .receiving(let head) = self.state else { return }
            self.budget.requestEnded()
            self.state = .answering(Exchange(head))
            self.timer?.clear()
            let request = GatewayRequest(head, body: self.body)
            self.body = ByteBuffer()
            self.requests.yield(ReceivedRequest(request: request, exchange: Exchange(head)))
        }
    }

    private func receive(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        self.budget.headEnded()
        self.headTimerRuns = false
        self.state = .receiving(head)
        self.timer?.set(self.limits.bodyTimeout)
        guard head.version.major == 1 else {
            self.refuse(status: 400, ServiceError(.invalidArgument, "HTTP \(head.version) is not spoken here"))
            return
        }
        guard !head.understandsChunks || head.headers[canonicalForm: "Host"].count == 1 else {
            self.refuse(status: 400, ServiceError(.invalidArgument, "the request must have one Host header"))
            return
        }
        if let length = head.headers.first(name: "Content-Length").flatMap({ Int($0) }), length > self.limits.bodyBytes
        {
            self.refuseBody()
            return
        }
        guard let expectation = head.headers.first(name: "Expect") else { return }
        guard expectation.lowercased() == "100-continue" else {
            self.refuse(status: 417, ServiceError(.invalidArgument, "the expectation \"\(expectation)\" is unknown"))
            return
        }
        if head.understandsChunks {
            context.writeAndFlush(
                self.wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
        }
    }

    private func refuseBody() {
        self.refuse(
            status: 413,
            ServiceError(.resourceExhausted, "the request's body is larger than \(self.limits.bodyBytes) bytes"))
    }

    // MARK: Answers

    /// Sends a whole answer.
    func respond(_ response: GatewayResponse, bytes: [UInt8]) {
        guard case .answering(let exchange) = self.state, let context = self.context else { return }
        self.write(response, bytes: bytes, exchange, context)
    }

    /// Answers something that ends the connection.
    func refuse(status: Int, _ error: ServiceError) {
        guard let context = self.context else { return }
        var answer = GatewayResponse.failure(error)
        answer.status = status
        guard case .bytes(let bytes) = answer.body else { return }
        self.write(answer, bytes: bytes, Exchange(), context)
    }

    private func write(
        _ response: GatewayResponse, bytes: [UInt8], _ exchange: Exchange, _ context: ChannelHandlerContext
    ) {
        var head = self.head(response, exchange)
        head.headers.add(name: "Content-Length", value: String(bytes.count))
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        if !exchange.isHead, !bytes.isEmpty {
            let buffer = context.channel.allocator.buffer(bytes: bytes)
            context.write(self.wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        }
        self.finish(exchange, context)
    }

    func head(_ response: GatewayResponse, _ exchange: Exchange) -> HTTPResponseHead {
        var headers = HTTPHeaders(response.headers.map { ($0.name, $0.value) })
        headers.add(name: "Date", value: httpDate())
        if self.closesAfterAnswer || !exchange.keepsAlive {
            headers.add(name: "Connection", value: "close")
        } else if !exchange.understandsChunks {
            headers.add(name: "Connection", value: "keep-alive")
        }
        return HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: response.status), headers: headers)
    }

    /// The answer is written but for its end: on to the next request, or the end of the connection.
    func finish(_ exchange: Exchange, _ context: ChannelHandlerContext, withEnd: Bool = true) {
        guard exchange.keepsAlive, !self.closesAfterAnswer else {
            self.drain(context, withEnd: withEnd)
            return
        }
        if withEnd { context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil) }
        self.state = .awaitingHead
        self.timer?.set(context.channel.isWritable ? self.limits.idleTimeout : self.limits.stallTimeout)
        while let part = self.pending.popFirst() {
            self.receive(part, context)
            switch self.state {
            case .awaitingHead, .receiving: continue
            case .answering, .streaming: return
            case .draining, .closed:
                self.pending.removeAll()
                return
            }
        }
        self.readOn(context)
    }

    /// Ends the answer and then our half of the connection; the client's half ends with it, or soon after.
    private func drain(_ context: ChannelHandlerContext, withEnd: Bool) {
        self.state = .draining
        self.pending.removeAll()
        self.timer?.set(self.limits.stallTimeout)
        self.readOn(context)
        let written = context.eventLoop.makePromise(of: Void.self)
        // SAFETY: handlers run on their channel's loop, where the promise was made; the call checks that.
        written.futureResult.assumeIsolated().whenComplete { _ in
            guard case .draining = self.state, let context = self.context else { return }
            self.timer?.set(self.limits.lingerTimeout)
            context.close(mode: .output, promise: nil)
        }
        if withEnd {
            context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: written)
        } else {
            // Nothing more to write: the head was flushed before.
            written.succeed()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            self.writer.continueWriting()
            switch self.state {
            case .streaming: self.setStreamTimer()
            case .awaitingHead where !self.headTimerRuns: self.timer?.set(self.limits.idleTimeout)
            case .awaitingHead, .receiving, .answering, .draining, .closed: break
            }
            self.readOn(context)
        } else if case .streaming = self.state {
            self.timer?.set(self.limits.stallTimeout)
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Time

    private func timeExpired() {
        guard let context = self.context else { return }
        switch self.state {
        case .awaitingHead where self.headTimerRuns:
            self.refuse(status: 408, ServiceError(.deadlineExceeded, "the request's headers took too long"))
        case .receiving:
            self.refuse(status: 408, ServiceError(.deadlineExceeded, "the request's body took too long"))
        case .streaming(let exchange) where context.channel.isWritable:
            self.sendKeepAlive(exchange, context)
        case .awaitingHead, .answering, .streaming, .draining: context.close(promise: nil)
        case .closed: break
        }
    }
}
