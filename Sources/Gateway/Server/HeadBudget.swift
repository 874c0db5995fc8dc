import NIOCore

/// Counts the bytes of a request's head before anything has parsed them.
///
/// The decoder keeps a head until it is whole, so nothing behind it could notice that one never ends.
final class HeadBudget: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Bytes that came since the last request was whole, as far as its successor's head can reach.
    private(set) var used = 0
    private var isCounting = true

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if self.isCounting { self.used += self.unwrapInboundIn(data).readableBytes }
        context.fireChannelRead(data)
    }

    /// A head was parsed: what follows is its body.
    func headEnded() {
        self.isCounting = false
        self.used = 0
    }

    /// A request is whole: what follows is the next head.
    func requestEnded() {
        self.isCounting = true
        self.used = 0
    }
}
