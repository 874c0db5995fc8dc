import ActorTransport
import NIOCore

/// One client's connection, as the tasks that serve it see it.
struct Connection: Sendable {
    let channel: any Channel
    let requests: AsyncStream<ReceivedRequest>
    private let handler: NIOLoopBound<ExchangeHandler>

    init(channel: any Channel, requests: AsyncStream<ReceivedRequest>, handler: ExchangeHandler) {
        self.channel = channel
        self.requests = requests
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    func respond(_ response: GatewayResponse, bytes: [UInt8]) {
        self.channel.eventLoop.execute { self.handler.value.respond(response, bytes: bytes) }
    }

    func refuse(_ error: ServiceError) {
        self.channel.eventLoop.execute { self.handler.value.refuse(status: error.code.httpStatus, error) }
    }

    /// - Returns: whether a body may follow.
    func begin(_ response: GatewayResponse, _ stream: ResponseStream) async -> Bool {
        await withCheckedContinuation { continuation in
            self.channel.eventLoop.execute {
                continuation.resume(returning: self.handler.value.begin(response, stream))
            }
        }
    }

    func end(last: [UInt8]?, isWhole: Bool) {
        self.channel.eventLoop.execute { self.handler.value.end(last: last, isWhole: isWhole) }
    }

    func quiesce() {
        self.channel.eventLoop.execute { self.handler.value.quiesce() }
    }

    /// Returns when the connection is closed, by whomever.
    func closed() async {
        await withCheckedContinuation { continuation in
            self.channel.closeFuture.whenComplete { _ in continuation.resume() }
        }
    }

    func close() { self.channel.close(promise: nil) }
}

extension Connection: ResponseWriter {
    func write(_ bytes: [UInt8]) async throws {
        try Task.checkCancellation()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                self.channel.eventLoop.execute { self.handler.value.write(bytes, continuation) }
            }
        } onCancel: {
            self.channel.eventLoop.execute { self.handler.value.cancelWrite() }
        }
    }
}
