import NIOCore

/// The calls of one connection that a server serves, on the connection's event loop.
final class ServerCalls: HTTP2Application {
    private let session: HTTP2Session
    private let limits: HTTP2Limits
    private let eventLoop: any EventLoop
    private let onReady: ([ServerCall]) -> Void
    private let onEnd: () -> Void
    /// Not weak, which would slow down every use of it; let go of when the connection ends.
    unowned var connection: HTTP2ConnectionHandler?
    private var calls = StreamTable<ServerCall>()
    /// Calls whose requests are whole, until the end of the read.
    private var batch: [ServerCall] = []
    /// Calls that get no more window until others are done.
    private var withheld: Set<StreamID> = []
    private var heldBytes = 0
    private var deadlines: DeadlineWatch?

    /// The methods that take streams of requests.
    private let requestStreams: Set<String>
    /// One request of a stream, and how many may wait for their answers.
    private static let streamedRequestBytes = 16 * 1024
    private static let waitingRequests = 16

    private static let headers = StaticHeaders([":status": "200", "content-type": "application/grpc"])
    private static let okTrailers = StaticHeaders(["grpc-status": "0"])
    /// What may wait to be sent on a stream before its producer waits.
    private static let bufferedAnswerBytes = 32 * 1024
    /// What may wait on all streams of the connection: beyond it a producer waits for its own stream.
    private static let bufferedBytes = 1024 * 1024

    /// - Parameters:
    ///   - onReady: gets calls that may be served, those of one read at once.
    ///   - onEnd: called once no other call will come.
    init(
        _ session: HTTP2Session, requestStreams: Set<String>, eventLoop: any EventLoop,
        onReady: @escaping ([ServerCall]) -> Void, onEnd: @escaping () -> Void
    ) {
        self.session = session
        self.requestStreams = requestStreams
        self.limits = session.limits
        self.eventLoop = eventLoop
        self.onReady = onReady
        self.onEnd = onEnd
        self.deadlines = DeadlineWatch(eventLoop: eventLoop) { [unowned self] in self.expire($0) }
    }

    // MARK: Requests

    func headersArrived(_ headers: HeaderBlock, on stream: StreamID) {
        // A second block are trailers, which mean nothing in a request.
        guard self.calls[stream] == nil else { return }
        guard let path = headers.text(of: ":path"), headers.has(":method", "POST"),
            headers.has("content-type", beginningWith: "application/grpc")
        else {
            let refusal = HeaderBlock([(":status", "415"), ("content-length", "0")])
            self.session.respond(refusal, isRequestWhole: false, on: stream)
            return
        }
        let isStreamed = self.requestStreams.contains(path)
        let call = ServerCall(
            stream: stream, path: path, metadata: headers,
            messageLimit: isStreamed ? ServerCalls.streamedRequestBytes : self.limits.messageBytes,
            now: self.eventLoop.now)
        self.calls.set(stream, call)
        if let encoding = headers.text(of: "grpc-encoding"), encoding != "identity" {
            return self.refuse(call, GRPCStatus(GRPCStatus.Code.unimplemented, "grpc-encoding \(encoding) is unknown"))
        }
        self.readTimeout(call)
        guard isStreamed, call.state == .receiving else { return }
        (call.requestStream, call.requests) = AsyncStream<[UInt8]>.makeStream(
            bufferingPolicy: .bufferingOldest(ServerCalls.waitingRequests))
        call.state = .running
        self.batch.append(call)
    }

    private func readTimeout(_ call: ServerCall) {
        guard let timeout = call.metadata.text(of: "grpc-timeout") else { return }
        guard let duration = GRPCTimeout.decode(timeout) else {
            return self.refuse(
                call, GRPCStatus(GRPCStatus.Code.invalidArgument, "grpc-timeout \(timeout) is malformed"))
        }
        let loopDeadline = self.eventLoop.now + TimeAmount(min(duration, ServerCalls.longestTimeout))
        call.deadline = .now + duration
        call.loopDeadline = loopDeadline
        self.deadlines?.add(loopDeadline)
    }

    private static let longestTimeout = Duration.seconds(1_000_000_000)

    func bytesArrived(_ bytes: RawSpan, on stream: StreamID) {
        self.session.consumeConnection(bytes.byteCount)
        guard let call = self.calls[stream] else { return }
        if let requests = call.requests { return self.requestsArrived(bytes, call, requests) }
        guard call.state == .receiving else { return }
        call.heldBytes += bytes.byteCount
        call.unconsumedBytes += bytes.byteCount
        self.heldBytes += bytes.byteCount
        do throws(GRPCStatus) {
            var isOneTooMany = false
            try call.reader.read(bytes) { message in
                isOneTooMany = isOneTooMany || call.message != nil
                call.message = message
            }
            if isOneTooMany {
                throw GRPCStatus(
                    GRPCStatus.Code.unimplemented, "a request is one message; streams of them are not supported")
            }
            self.grantWindow(call)
        } catch {
            self.refuse(call, error)
        }
    }

    /// Bytes of a stream of requests: they are few, and those that nobody takes end the call.
    private func requestsArrived(
        _ bytes: RawSpan, _ call: ServerCall, _ requests: AsyncStream<[UInt8]>.Continuation
    ) {
        self.session.consume(bytes.byteCount, on: call.stream)
        do throws(GRPCStatus) {
            var areTooMany = false
            try call.reader.read(bytes) { message in
                if case .dropped = requests.yield(message) { areTooMany = true }
            }
            guard areTooMany else { return }
            let text = "more than \(ServerCalls.waitingRequests) requests of a stream wait for their answers"
            throw GRPCStatus(GRPCStatus.Code.resourceExhausted, text)
        } catch {
            call.cancel()
            self.fail(call, error)
        }
    }

    func peerEnded(_ stream: StreamID) {
        guard let call = self.calls[stream] else { return }
        call.isRequestWhole = true
        call.endRequests()
        guard call.state == .receiving else { return }
        if !self.withheld.isEmpty { self.withheld.remove(stream) }
        guard call.message != nil, !call.reader.isInside else {
            return self.refuse(call, GRPCStatus(GRPCStatus.Code.invalidArgument, "the request holds no whole message"))
        }
        call.state = .running
        self.batch.append(call)
    }

    func readEnded() {
        guard !self.batch.isEmpty else { return }
        self.onReady(self.batch)
        self.batch = []
    }

    // MARK: Windows

    /// Gives the peer back what the call has taken, unless too much is held already.
    ///
    /// The oldest call may always go on where no running call will make room, or nothing would ever be whole.
    private func grantWindow(_ call: ServerCall) {
        let isWithin = self.heldBytes <= self.limits.unfinishedBodyBytes
        guard isWithin || self.isNext(call) else {
            self.withheld.insert(call.stream)
            return
        }
        if !self.withheld.isEmpty { self.withheld.remove(call.stream) }
        self.session.consume(call.unconsumedBytes, on: call.stream)
        call.unconsumedBytes = 0
    }

    private func isNext(_ call: ServerCall) -> Bool {
        var runningBytes = 0
        for other in self.calls.values {
            switch other.state {
            case .receiving where other.stream < call.stream && other.heldBytes > 0: return false
            case .receiving, .ended: break
            case .running: runningBytes += other.heldBytes
            }
        }
        return runningBytes <= self.limits.unfinishedBodyBytes
    }

    private func release(_ call: ServerCall) {
        self.heldBytes -= call.heldBytes
        call.heldBytes = 0
        guard !self.withheld.isEmpty else { return }
        self.withheld.remove(call.stream)
        for stream in self.withheld.sorted() {
            guard let next = self.calls[stream] else { continue }
            self.grantWindow(next)
        }
    }

    // MARK: Answers

    /// The task of a call began.
    ///
    /// - Returns: whether there is still somebody who waits for the answer.
    func begin(_ call: ServerCall, _ task: UnsafeCurrentTask?) -> Bool {
        guard call.state == .running, !call.isCancelled else { return false }
        call.task = task
        return true
    }

    /// The task of a call is about to end.
    func end(_ call: ServerCall) { call.task = nil }

    func answer(_ call: ServerCall, _ message: [UInt8]) {
        guard call.state == .running else { return }
        self.session.respond(
            ServerCalls.headers, body: MessageFraming.frame(message), end: .trailers(.fixed(ServerCalls.okTrailers)),
            on: call.stream)
        self.ended(call)
    }

    /// Begins an answer of many messages.
    func open(_ call: ServerCall) {
        guard call.state == .running else { return }
        self.session.respond(ServerCalls.headers, body: [], end: .open, on: call.stream)
        self.connection?.scheduleFlush()
    }

    /// Sends one of many messages; `continuation` goes on when there is room for the next.
    func write(_ call: ServerCall, _ message: [UInt8], _ continuation: CheckedContinuation<Void, any Error>) {
        guard call.state == .running, !call.isCancelled else {
            continuation.resume(throwing: CancellationError())
            return
        }
        self.session.send(MessageFraming.frame(message), on: call.stream)
        self.connection?.scheduleFlush()
        let pending = self.session.pendingBytes(on: call.stream)
        let hasRoom =
            pending <= ServerCalls.bufferedAnswerBytes && self.session.queuedBytes <= ServerCalls.bufferedBytes
        if !hasRoom, pending > 0 {
            call.writer = continuation
        } else {
            continuation.resume()
        }
    }

    /// Ends an answer of many messages.
    func close(_ call: ServerCall, _ status: GRPCStatus?) {
        guard call.state == .running else { return }
        let trailers = status.map { OutgoingBody.Trailers.made($0.trailers) } ?? .fixed(ServerCalls.okTrailers)
        self.session.send([], end: .trailers(trailers), on: call.stream)
        self.ended(call)
    }

    /// Ends a call with an error before anything else was sent.
    func refuse(_ call: ServerCall, _ status: GRPCStatus) {
        guard call.state != .ended else { return }
        self.session.respond(status.response, isRequestWhole: call.isRequestWhole, on: call.stream)
        self.ended(call)
    }

    /// Ends a call with an error, whatever was sent.
    private func fail(_ call: ServerCall, _ status: GRPCStatus) {
        if self.session.outgoing[call.stream] == nil {
            self.refuse(call, status)
        } else {
            self.close(call, status)
        }
    }

    private func ended(_ call: ServerCall) {
        call.endRequests()
        call.state = .ended
        call.message = nil
        self.release(call)
        self.connection?.scheduleFlush()
    }

    func bodyDrained(on stream: StreamID) {
        guard let call = self.calls[stream], let writer = call.writer else { return }
        call.writer = nil
        writer.resume()
    }

    // MARK: Ends

    func streamClosed(_ stream: StreamID, error: HTTP2Error?) {
        guard let call = self.calls.remove(stream) else { return }
        let isUnanswered = call.state != .ended
        call.state = .ended
        if isUnanswered { call.cancel() }
        self.release(call)
    }

    private func expire(_ now: NIODeadline) -> NIODeadline? {
        var next: NIODeadline?
        for call in self.calls.values where call.state != .ended {
            guard let deadline = call.loopDeadline else { continue }
            guard deadline <= now else {
                next = min(next ?? deadline, deadline)
                continue
            }
            call.cancel()
            self.fail(call, .pastDeadline)
        }
        return next
    }

    func tick(_ now: NIODeadline) {
        for call in self.calls.values {
            let isSlow = call.state == .receiving && now - call.began > TimeAmount(self.limits.bodyTime)
            if call.state == .ended, call.answered == nil { call.answered = now }
            let isStalled = call.answered.map { now - $0 > TimeAmount(self.limits.stallTime) } ?? false
            guard isSlow || isStalled else { continue }
            self.session.reset(call.stream, code: HTTP2ErrorCode.enhanceYourCalm)
        }
    }

    // MARK: The connection

    var hasStreams: Bool { !self.calls.isEmpty }

    func connectionOpened() {}

    func peerIsLeaving(_ error: HTTP2Error) {}

    func connectionEnded(_ error: HTTP2Error) {
        self.connection = nil
        self.deadlines?.stop()
        self.deadlines = nil
        let calls = self.calls.values
        self.calls.removeAll()
        self.withheld = []
        for call in calls where call.state != .ended {
            call.state = .ended
            call.cancel()
        }
        self.onEnd()
    }
}
