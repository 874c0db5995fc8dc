/// What one HTTP/2 connection may cost its receiver.
///
/// A peer that exceeds a limit on one stream loses the stream; one that exceeds a limit on the connection is sent
/// GOAWAY with ENHANCE_YOUR_CALM and cut off.
package struct HTTP2Limits: Sendable {
    /// A burst and what refills it.
    package struct Rate: Sendable {
        package var burst: Int
        package var perSecond: Int

        package init(burst: Int, perSecond: Int) {
            self.burst = burst
            self.perSecond = perSecond
        }
    }

    // MARK: Sizes

    /// Names, values and 32 bytes for each header of one block, as RFC 9113 counts them.
    package var headerListBytes = 16 * 1024
    /// Streams that the peer may have open at once.
    package var concurrentStreams = 100
    /// What may arrive on a stream before the application has read.
    package var streamWindowBytes = 16 * 1024
    /// What may arrive on all streams of a connection in one round trip.
    package var connectionWindowBytes = 1024 * 1024
    /// One message of gRPC that a server reads, without its five bytes of framing.
    package var messageBytes = 2 * 1024 * 1024
    /// One message that a client reads: from servers that it chose, and with what it asked for.
    package var answerBytes = 2 * 1024 * 1024
    /// Bodies of requests that are not complete yet, all streams together; beyond it only the oldest goes on.
    package var unfinishedBodyBytes = 512 * 1024
    /// CONTINUATION frames of one header block.
    package var continuationFrames = 8
    /// Entries of one SETTINGS frame.
    package var settingsEntries = 32
    /// The table with which the peer compresses headers.
    package var headerTableBytes = 4096

    // MARK: Rates

    /// Streams that ended by a reset, whoever sent it: rapid reset, and resets that the peer made us send.
    package var resets = Rate(burst: 400, perSecond: 100)
    package var settings = Rate(burst: 32, perSecond: 2)
    package var pings = Rate(burst: 64, perSecond: 4)
    package var priorities = Rate(burst: 256, perSecond: 32)
    /// DATA frames with no byte that end no stream.
    package var emptyFrames = Rate(burst: 128, perSecond: 32)
    /// WINDOW_UPDATE frames of fewer than `tinyWindowUpdateBytes`: each lets us send a frame with next to nothing in
    /// it.
    package var tinyWindowUpdates = Rate(burst: 2000, perSecond: 200)
    package var tinyWindowUpdateBytes = 16
    /// WINDOW_UPDATE frames beyond two for each DATA frame that was sent.
    package var windowUpdates = Rate(burst: 4000, perSecond: 400)
    /// Frames of types that are not known, which are to be ignored.
    package var unknownFrames = Rate(burst: 256, perSecond: 32)

    // MARK: Times

    /// From the connection to the peer's preface and first SETTINGS.
    package var prefaceTime = Duration.seconds(10)
    /// From the first frame of a header block to its last.
    package var headerTime = Duration.seconds(10)
    /// From the headers of a request to the end of its body.
    package var bodyTime = Duration.seconds(120)
    /// How long something may wait to be sent while the peer takes not one byte.
    package var stallTime = Duration.seconds(60)
    /// Silence after which the peer is asked whether it is there.
    package var keepaliveInterval = Duration.seconds(10)
    /// How long it may take to answer that.
    package var keepaliveTimeout = Duration.seconds(10)

    package init() {}

    /// Between members of one cluster, which have shown certificates to each other.
    package static let members: HTTP2Limits = {
        var limits = HTTP2Limits()
        limits.concurrentStreams = 1024
        limits.streamWindowBytes = 256 * 1024
        limits.connectionWindowBytes = 16 * 1024 * 1024
        limits.messageBytes = 64 * 1024 * 1024
        // A workflow with all of its nodes is one answer: about 400 bytes a node, and the nodes' own text.
        limits.answerBytes = 1024 * 1024 * 1024
        limits.unfinishedBodyBytes = 64 * 1024 * 1024
        // A caller that gives up everything at once is no attack.
        limits.resets = Rate(burst: 20_000, perSecond: 2000)
        // One that hangs is to be noticed about when its lease ends, for calls to it end only then.
        limits.keepaliveInterval = .seconds(1)
        limits.keepaliveTimeout = .seconds(3)
        return limits
    }()
}
