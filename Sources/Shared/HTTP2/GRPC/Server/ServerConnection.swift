import NIOCore

/// One connection of a server, as the tasks that serve its calls see it.
///
/// The tasks run on the connection's event loop, where `calls` lives.
final class ServerConnection: Sendable {
    let channel: any Channel
    /// An element for each worker that is to begin.
    private let wanted: AsyncStream<Void>
    private let workers: NIOLoopBound<CallWorkers>
    private let calls: NIOLoopBound<ServerCalls>
    private let handler: NIOLoopBound<HTTP2ConnectionHandler>
    private let executor: LoopTaskExecutor

    /// Called on the channel's event loop.
    init(_ channel: any Channel, limits: HTTP2Limits, requestStreams: Set<String>) throws(HTTP2Error) {
        self.channel = channel
        self.executor = LoopTaskExecutor(channel.eventLoop)
        let session = try HTTP2Session(.server, limits: limits)
        let (wanted, continuation) = AsyncStream<Void>.makeStream()
        let workers = CallWorkers { continuation.yield() }
        let calls = ServerCalls(
            session, requestStreams: requestStreams, eventLoop: channel.eventLoop,
            onReady: { workers.add($0) },
            onEnd: {
                workers.close()
                continuation.finish()
            })
        let handler = HTTP2ConnectionHandler(session, application: calls)
        calls.connection = handler
        self.wanted = wanted
        self.workers = NIOLoopBound(workers, eventLoop: channel.eventLoop)
        self.calls = NIOLoopBound(calls, eventLoop: channel.eventLoop)
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    /// Called on the channel's event loop.
    func install() throws { try self.channel.pipeline.syncOperations.addHandler(self.handler.value) }

    /// Serves until the connection is closed and every call has ended.
    func serve(_ service: any GRPCHandler) async {
        await withTaskExecutorPreference(self.executor) {
            await withDiscardingTaskGroup { group in
                for await _ in self.wanted { group.addTask { await self.work(service) } }
            }
        }
    }

    /// Serves one call after another; ends with the connection, or with a call that was cancelled: so is the task then.
    private func work(_ service: any GRPCHandler) async {
        self.workers.value.began()
        while !Task.isCancelled, let call = await self.workers.value.next() { await self.serve(call, service) }
    }

    func drain() { self.channel.eventLoop.execute { self.handler.value.drain() } }

    func close() {
        self.channel.eventLoop.execute {
            self.handler.value.abort(HTTP2Error(.connectionLost, "the server is shutting down"))
        }
    }

    // MARK: One call

    private func serve(_ call: ServerCall, _ service: any GRPCHandler) async {
        await withUnsafeCurrentTask { task in
            guard self.calls.value.begin(call, task) else { return }
            var request = GRPCRequest(
                path: call.path, metadata: call.metadata, message: call.message ?? [], deadline: call.deadline)
            request.peer = self.handler.value.peer
            request.stream = call.requestStream
            do {
                switch try await service.answer(request) {
                case .message(let message): self.calls.value.answer(call, message)
                case .messages(let messages): try await self.send(messages, call)
                }
            } catch {
                self.calls.value.refuse(call, GRPCStatus(thrown: error))
            }
            self.calls.value.end(call)
        }
    }

    private func send(_ messages: AsyncThrowingStream<[UInt8], any Error>, _ call: ServerCall) async throws {
        self.calls.value.open(call)
        do {
            for try await message in messages {
                try await withCheckedThrowingContinuation { self.calls.value.write(call, message, $0) }
            }
            self.calls.value.close(call, Task.isCancelled ? .cancelled : nil)
        } catch {
            self.calls.value.close(call, GRPCStatus(thrown: error))
        }
    }
}

extension GRPCStatus {
    init(thrown error: any Error) {
        switch error {
        case let status as GRPCStatus: self = status
        case let error as any GRPCStatusConvertible: self = error.grpcStatus
        case is CancellationError: self = .cancelled
        default: self.init(Code.internal, "\(error)")
        }
    }
}
