import DequeModule
package import NIOCore
import NIOPosix
import Synchronization

/// How much a client may have under way on one connection.
package struct GRPCCallLimits: Sendable {
    /// Calls that were sent and not answered; the peer may allow fewer.
    package var inFlight = 1000
    /// Calls that wait for those; beyond it a call fails with `resourceExhausted`.
    package var waiting = 10_000

    package init() {}
}

/// A client's connection to a server of gRPC.
package final class GRPCConnection: Sendable {
    private enum Request {
        case start(ClientCall, ClientCall.Answer)
        case cancel(ClientCall)
        case draw(ClientCall, CheckedContinuation<ClientCall.Batch, Never>)
    }

    private struct Mailbox {
        var requests: [Request] = []
        var isScheduled = false
    }

    private let channel: any Channel
    private let limits: HTTP2Limits
    private let calls: NIOLoopBound<ClientCalls>
    private let handler: NIOLoopBound<HTTP2ConnectionHandler>
    /// Callers of any thread leave their wishes here: one wake-up of the loop for all that gather.
    private let mailbox = Mutex(Mailbox())
    private let leaving: Flag

    private final class Flag: Sendable {
        let isSet = Atomic(false)
    }

    /// Connects, and waits until the peer has shown that it speaks HTTP/2.
    ///
    /// - Parameters:
    ///   - timeout: how long all of that may take. A peer that accepts and then says nothing, for it stands still or
    ///     what it sends is lost, holds up its callers no longer.
    ///   - configure: puts handlers before the one of HTTP/2 into the pipeline: TLS.
    package static func connect(
        host: String, port: Int, limits: HTTP2Limits, callLimits: GRPCCallLimits = GRPCCallLimits(),
        timeout: Duration, on eventLoop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next(),
        configure: @escaping @Sendable (any Channel) throws -> Void = { _ in }
    ) -> EventLoopFuture<GRPCConnection> {
        let opened = eventLoop.makePromise(of: Void.self)
        let made = eventLoop.makePromise(of: GRPCConnection.self)
        ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(timeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try configure(channel)
                    let connection = try GRPCConnection(
                        channel, authority: "\(host):\(port)", limits: limits, callLimits, opened)
                    try channel.pipeline.syncOperations.addHandler(connection.handler.value)
                    made.succeed(connection)
                }
            }
            .connect(host: host, port: port)
            .whenFailure { error in
                // Both fail once at most: the second time is ignored.
                opened.fail(HTTP2Error(.connectionLost, "\(error)"))
                made.fail(HTTP2Error(.connectionLost, "\(error)"))
            }
        let tooLate = eventLoop.scheduleTask(in: TimeAmount(timeout)) {
            opened.fail(HTTP2Error(.connectionLost, "the peer did not answer within \(timeout)"))
        }
        opened.futureResult.whenComplete { result in
            tooLate.cancel()
            guard case .failure = result else { return }
            made.futureResult.whenSuccess { $0.channel.close(promise: nil) }
        }
        return opened.futureResult.flatMap { made.futureResult }
    }

    private init(
        _ channel: any Channel, authority: String, limits: HTTP2Limits, _ callLimits: GRPCCallLimits,
        _ opened: EventLoopPromise<Void>
    ) throws(HTTP2Error) {
        self.channel = channel
        self.limits = limits
        let leaving = Flag()
        self.leaving = leaving
        let session = try HTTP2Session(.client, limits: limits)
        let calls = ClientCalls(
            session, eventLoop: channel.eventLoop, authority: authority, limits: callLimits,
            onOpen: { opened.succeed() },
            onLeaving: { error in
                leaving.isSet.store(true, ordering: .releasing)
                opened.fail(error)
            })
        let handler = HTTP2ConnectionHandler(session, application: calls)
        calls.connection = handler
        self.calls = NIOLoopBound(calls, eventLoop: channel.eventLoop)
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    /// Whether new calls are taken: until the peer leaves or the connection ends.
    package var isUsable: Bool { !self.leaving.isSet.load(ordering: .acquiring) }

    package var closed: EventLoopFuture<Void> { self.channel.closeFuture }

    /// Ends the connection once the calls under way have ended.
    package func drain() {
        self.leaving.isSet.store(true, ordering: .releasing)
        self.channel.eventLoop.execute { self.handler.value.drain() }
    }

    package func close() {
        self.leaving.isSet.store(true, ordering: .releasing)
        self.channel.eventLoop.execute {
            self.handler.value.abort(HTTP2Error(.connectionLost, "the connection was closed"))
        }
    }

    // MARK: Calls

    /// Makes a call that is answered with one message.
    ///
    /// Cancelling the task resets the stream, which cancels the task that serves the call.
    package func unary(_ request: GRPCRequest) async throws(GRPCStatus) -> [UInt8] {
        let call = ClientCall(request, isStream: false, messageLimit: self.limits.answerBytes)
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.post(.start(call, .message(continuation)))
            }
        } onCancel: {
            self.post(.cancel(call))
        }.get()
    }

    /// Makes a call that is answered with many; returns when the answer begins.
    ///
    /// Cancelling or dropping what is returned resets the stream.
    package func stream(_ request: GRPCRequest) async throws(GRPCStatus) -> AsyncThrowingStream<[UInt8], any Error> {
        let call = ClientCall(request, isStream: true, messageLimit: self.limits.answerBytes)
        let failure = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.post(.start(call, .messages(continuation)))
            }
        } onCancel: {
            self.post(.cancel(call))
        }
        if let failure { throw failure }
        let messages = ReceivedMessages(call, self)
        return AsyncThrowingStream(unfolding: { try await messages.next() })
    }

    fileprivate func draw(_ call: ClientCall) async -> ClientCall.Batch {
        await withTaskCancellationHandler {
            await withCheckedContinuation { self.post(.draw(call, $0)) }
        } onCancel: {
            self.post(.cancel(call))
        }
    }

    fileprivate func cancel(_ call: ClientCall) { self.post(.cancel(call)) }

    private func post(_ request: Request) {
        let mustSchedule = self.mailbox.withLock { mailbox in
            mailbox.requests.append(request)
            defer { mailbox.isScheduled = true }
            return !mailbox.isScheduled
        }
        if mustSchedule { self.channel.eventLoop.execute { self.work() } }
    }

    private func work() {
        let requests = self.mailbox.withLock { mailbox in
            mailbox.isScheduled = false
            defer { mailbox.requests = [] }
            return mailbox.requests
        }
        let calls = self.calls.value
        for request in requests {
            switch request {
            case .start(let call, let answer): calls.start(call, answer)
            case .cancel(let call): calls.cancel(call)
            case .draw(let call, let continuation): calls.draw(call, continuation)
            }
        }
    }
}

/// The reading end of a call's answer.
// SAFETY: a stream has one reader, which asks for one message after another; `batch` is touched by it alone.
private final class ReceivedMessages: @unchecked Sendable {
    private let call: ClientCall
    private let connection: GRPCConnection
    private var batch: Deque<[UInt8]> = []

    init(_ call: ClientCall, _ connection: GRPCConnection) {
        self.call = call
        self.connection = connection
    }

    deinit { self.connection.cancel(self.call) }

    func next() async throws -> [UInt8]? {
        if let message = self.batch.popFirst() { return message }
        self.batch = try await self.connection.draw(self.call).get()
        return self.batch.popFirst()
    }
}
