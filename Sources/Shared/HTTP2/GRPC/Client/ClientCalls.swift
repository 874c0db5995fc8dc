import DequeModule
import NIOCore

/// The calls that a client makes on one connection, on the connection's event loop.
final class ClientCalls: HTTP2Application {
    private let session: HTTP2Session
    private let eventLoop: any EventLoop
    private let authority: String
    private let callLimits: GRPCCallLimits
    /// Not weak, which would slow down every use of it; let go of when the connection ends.
    unowned var connection: HTTP2ConnectionHandler?
    private var calls = StreamTable<ClientCall>()
    private var openStreams = 0
    private var waiting: Deque<ClientCall> = []
    private var deadlines: DeadlineWatch?
    /// Why no new call is taken.
    private var ended: HTTP2Error?
    private let onOpen: () -> Void
    private let onLeaving: (HTTP2Error) -> Void

    init(
        _ session: HTTP2Session, eventLoop: any EventLoop, authority: String, limits: GRPCCallLimits,
        onOpen: @escaping () -> Void, onLeaving: @escaping (HTTP2Error) -> Void
    ) {
        self.session = session
        self.eventLoop = eventLoop
        self.authority = authority
        self.callLimits = limits
        self.onOpen = onOpen
        self.onLeaving = onLeaving
        self.deadlines = DeadlineWatch(eventLoop: eventLoop) { [unowned self] in self.expire($0) }
    }

    // MARK: Asked for by callers

    func start(_ call: ClientCall, _ answer: ClientCall.Answer) {
        call.answer = answer
        // It may have been cancelled before it got here.
        guard case .waiting = call.state else { return self.finish(call, .cancelled) }
        if let ended = self.ended { return self.finish(call, GRPCStatus(ended)) }
        if let deadline = call.request.deadline {
            let loopDeadline = DeadlineWatch.loopDeadline(deadline)
            call.loopDeadline = loopDeadline
            guard loopDeadline > self.eventLoop.now else { return self.finish(call, .pastDeadline) }
            self.deadlines?.add(loopDeadline)
        }
        guard self.waiting.isEmpty, self.openStreams < self.streamLimit else {
            guard self.waiting.count < self.callLimits.waiting else {
                let text = "\(self.openStreams) calls are under way and \(self.waiting.count) wait for them"
                return self.finish(call, GRPCStatus(GRPCStatus.Code.resourceExhausted, text))
            }
            self.waiting.append(call)
            return
        }
        self.send(call)
    }

    func cancel(_ call: ClientCall) {
        switch call.state {
        case .waiting, .sent: self.giveUp(call, .cancelled)
        case .ended: break
        }
    }

    /// Gives `continuation` all messages that are there, or the first that comes.
    func draw(_ call: ClientCall, _ continuation: CheckedContinuation<ClientCall.Batch, Never>) {
        precondition(call.drawing == nil, "a stream has one reader")
        self.consume(call)
        call.drawing = continuation
        self.deliver(call)
    }

    private var streamLimit: Int { min(self.callLimits.inFlight, self.session.peerStreamLimit) }

    private func send(_ call: ClientCall) {
        var headers = HeaderBlock([
            (":method", "POST"), (":scheme", "http"), (":path", call.request.path), (":authority", self.authority),
            ("te", "trailers"), ("content-type", "application/grpc"),
        ])
        if let deadline = call.request.deadline { headers.add("grpc-timeout", GRPCTimeout.encode(deadline - .now)) }
        headers.add(contentsOf: call.request.metadata)
        do throws(HTTP2Error) {
            let stream = try self.session.request(headers, body: MessageFraming.frame(call.request.message))
            call.state = .sent(stream)
            self.calls.set(stream, call)
            self.openStreams += 1
            self.connection?.scheduleFlush()
        } catch {
            if error.code == .notProcessed { self.peerIsLeaving(error) }
            self.finish(call, GRPCStatus(error))
        }
    }

    private func sendWaiting() {
        while self.ended == nil, self.openStreams < self.streamLimit, let next = self.waiting.popFirst() {
            if case .waiting = next.state { self.send(next) }
        }
    }

    // MARK: Answers

    func headersArrived(_ headers: HeaderBlock, on stream: StreamID) {
        guard let call = self.calls[stream] else { return }
        if let status = GRPCStatus(headers) {
            call.status = status
        } else if !headers.has(":status", "200") {
            self.giveUp(call, GRPCStatus(httpStatus: headers.text(of: ":status")))
        } else if case .messages(let continuation) = call.answer {
            call.answer = .nobody
            continuation.resume(returning: nil)
        }
    }

    func bytesArrived(_ bytes: RawSpan, on stream: StreamID) {
        self.session.consumeConnection(bytes.byteCount)
        guard let call = self.calls[stream] else { return }
        call.unconsumedBytes += bytes.byteCount
        do throws(GRPCStatus) {
            try call.reader.read(bytes) { call.messages.append($0) }
        } catch {
            return self.giveUp(call, error)
        }
        if call.isStream {
            self.deliver(call)
            // What is part of a message that is waited for must go on arriving.
            if call.messages.isEmpty, call.drawing != nil { self.consume(call) }
        } else {
            self.consume(call)
        }
    }

    private func consume(_ call: ClientCall) {
        guard call.unconsumedBytes > 0, case .sent(let stream) = call.state else { return }
        self.session.consume(call.unconsumedBytes, on: stream)
        call.unconsumedBytes = 0
        self.connection?.scheduleFlush()
    }

    private func deliver(_ call: ClientCall) {
        guard let drawing = call.drawing else { return }
        if !call.messages.isEmpty {
            let messages = call.messages
            call.messages = []
            call.drawing = nil
            drawing.resume(returning: .success(messages))
        } else if case .ended = call.state {
            call.drawing = nil
            drawing.resume(returning: call.status.flatMap { $0.isOK ? nil : .failure($0) } ?? .success([]))
        }
    }

    func peerEnded(_ stream: StreamID) {
        guard let call = self.calls[stream] else { return }
        let missing = GRPCStatus(GRPCStatus.Code.internal, "the answer ended without a status")
        self.finish(call, call.status ?? missing)
    }

    func bodyDrained(on stream: StreamID) {}

    func streamClosed(_ stream: StreamID, error: HTTP2Error?) {
        self.openStreams -= 1
        if let call = self.calls.remove(stream) {
            let status = error.map { GRPCStatus($0) } ?? GRPCStatus(GRPCStatus.Code.internal, "the stream ended early")
            self.finish(call, call.status ?? status)
        }
        self.sendWaiting()
    }

    /// Ends a call from this side.
    private func giveUp(_ call: ClientCall, _ status: GRPCStatus) {
        if case .sent(let stream) = call.state {
            self.session.reset(stream, code: HTTP2ErrorCode.cancel)
            self.connection?.scheduleFlush()
        }
        if status.code == GRPCStatus.Code.cancelled { call.messages = [] }
        self.finish(call, status)
    }

    private func finish(_ call: ClientCall, _ status: GRPCStatus) {
        if case .sent(let stream) = call.state { self.calls.remove(stream) }
        call.state = .ended
        call.status = status
        switch call.answer {
        case .message(let continuation):
            if !status.isOK {
                continuation.resume(returning: .failure(status))
            } else if let message = call.messages.popFirst(), call.messages.isEmpty {
                continuation.resume(returning: .success(message))
            } else {
                let text = "the answer is one message, but there were none or more"
                continuation.resume(returning: .failure(GRPCStatus(GRPCStatus.Code.internal, text)))
            }
        case .messages(let continuation): continuation.resume(returning: status.isOK ? nil : status)
        case .nobody: break
        }
        call.answer = .nobody
        self.deliver(call)
    }

    private func expire(_ now: NIODeadline) -> NIODeadline? {
        var next: NIODeadline?
        for call in self.calls.values + Array(self.waiting) {
            guard let deadline = call.loopDeadline else { continue }
            if case .ended = call.state { continue }
            if deadline <= now {
                self.giveUp(call, .pastDeadline)
            } else {
                next = min(next ?? deadline, deadline)
            }
        }
        self.waiting.removeAll { if case .ended = $0.state { true } else { false } }
        return next
    }

    // MARK: The connection

    var hasStreams: Bool { self.openStreams > 0 || !self.waiting.isEmpty }

    func connectionOpened() { self.onOpen() }

    func readEnded() {}

    func tick(_ now: NIODeadline) {}

    func peerIsLeaving(_ error: HTTP2Error) {
        guard self.ended == nil else { return }
        self.ended = HTTP2Error(.notProcessed, error.message)
        self.onLeaving(error)
        let waiting = self.waiting
        self.waiting = []
        for call in waiting { self.finish(call, GRPCStatus(HTTP2Error(.notProcessed, error.message))) }
    }

    func connectionEnded(_ error: HTTP2Error) {
        self.peerIsLeaving(error)
        self.connection = nil
        self.deadlines?.stop()
        self.deadlines = nil
        let calls = self.calls.values
        self.calls.removeAll()
        self.openStreams = 0
        for call in calls { self.finish(call, GRPCStatus(error)) }
    }
}

extension GRPCStatus {
    var isOK: Bool { self.code == Code.ok }
}
