import CNghttp2

/// The number of a stream on its connection.
package typealias StreamID = Int32

/// What happens on the streams of a session.
///
/// Called while bytes are received or taken. It may submit and consume; it must not call `receive` or `takeOutput`.
protocol HTTP2StreamDelegate: AnyObject {
    /// A header block arrived: of a request, a response or trailers.
    func headersArrived(_ headers: HeaderBlock, on stream: StreamID)
    /// Bytes of a body arrived. They count against the windows until they are consumed.
    func bytesArrived(_ bytes: RawSpan, on stream: StreamID)
    /// The peer will send nothing more on this stream.
    func peerEnded(_ stream: StreamID)
    /// What was to be sent on this stream has been taken.
    func bodyDrained(on stream: StreamID)
    /// The stream is gone; `error` where it did not end in order.
    func streamClosed(_ stream: StreamID, error: HTTP2Error?)
}

/// What happens to a session as a whole.
protocol HTTP2ConnectionDelegate: AnyObject {
    /// The peer's settings arrived, or it acknowledged ours.
    func settingsArrived(isAcknowledgement: Bool)
    func pingAnswered()
    /// The peer takes no new stream from now on.
    func goAwayArrived(_ error: HTTP2Error)
    func headersBegan()
    func headersEnded()
    /// The time since some fixed moment.
    var now: Duration { get }
}

/// One end of an HTTP/2 connection: a session of nghttp2 whose pointers do not leave this class.
///
/// It does no I/O: bytes go in by `receive` and come out by `takeOutput`. Not safe for use by two threads; a
/// connection's event loop owns it. What it refuses of a peer it tells by a thrown `excess` or `protocolViolation`,
/// after which the session is dead and the connection is to be closed behind `farewell`.
final class HTTP2Session {
    enum Role {
        case client, server
    }

    let role: Role
    let limits: HTTP2Limits
    /// Whoever owns the session: it lives as long as bytes are received and taken.
    unowned var streams: (any HTTP2StreamDelegate)?
    unowned var connection: (any HTTP2ConnectionDelegate)?
    // SAFETY: made in `init`, deleted in `deinit`, used in this class and its extensions alone.
    let session: OpaquePointer
    var outgoing = StreamTable<OutgoingBody>()
    /// What all of them have waiting.
    var queuedBytes = 0
    /// Streams to be reset once their response has been sent.
    var refusing: Set<StreamID> = []
    /// The header block that is arriving.
    // SAFETY: a block calls nobody, so nothing can touch it while it is changed; a check costs as much as the change.
    @exclusivity(unchecked) var block = HeaderBlock()
    var blockBytes = 0
    var abuse: AbuseGuard
    private var scanner: FrameScanner
    /// What was thrown, or will be by the `receive` that is under way.
    private(set) var failure: HTTP2Error?
    /// What the library last had to say of the peer.
    var libraryMessage: String?
    private var lastStream: StreamID = 0

    init(_ role: Role, limits: HTTP2Limits) throws(HTTP2Error) {
        self.role = role
        self.limits = limits
        self.abuse = AbuseGuard(limits)
        self.scanner = FrameScanner(role)
        // Until there is a session there is no `self` to hand to it: the pointer to it is set right after.
        var made: OpaquePointer?
        let options = try SessionOptions(limits)
        let code =
            switch role {
            case .client: nghttp2_session_client_new2(&made, SessionCallbacks.table, nil, options.pointer)
            case .server: nghttp2_session_server_new2(&made, SessionCallbacks.table, nil, options.pointer)
            }
        guard code == 0, let made else { throw HTTP2Session.error(code) }
        self.session = made
        // SAFETY: the session is deleted before `self` is; it calls back only from within methods of `self`.
        nghttp2_session_set_user_data(made, Unmanaged.passUnretained(self).toOpaque())
        try self.submitSettings()
    }

    deinit { nghttp2_session_del(self.session) }

    private func submitSettings() throws(HTTP2Error) {
        var entries = [
            (NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, self.limits.streamWindowBytes),
            (NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, self.limits.headerListBytes),
            (NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, self.role == .server ? self.limits.concurrentStreams : 0),
        ].map { nghttp2_settings_entry(settings_id: Int32($0.0.rawValue), value: UInt32($0.1)) }
        if self.limits.headerTableBytes != HTTP2Session.defaultHeaderTableBytes {
            entries.append(
                nghttp2_settings_entry(
                    settings_id: Int32(NGHTTP2_SETTINGS_HEADER_TABLE_SIZE.rawValue),
                    value: UInt32(self.limits.headerTableBytes)))
        }
        if self.role == .client {
            entries.append(
                nghttp2_settings_entry(settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0))
        }
        let none = UInt8(NGHTTP2_FLAG_NONE.rawValue)
        try self.check(nghttp2_submit_settings(self.session, none, entries, entries.count))
        try self.check(
            nghttp2_session_set_local_window_size(self.session, none, 0, Int32(self.limits.connectionWindowBytes)))
    }

    private static let defaultHeaderTableBytes = 4096

    // MARK: Bytes

    /// Takes bytes from the peer.
    func receive(_ bytes: UnsafeRawBufferPointer) throws(HTTP2Error) {
        if let failure = self.failure { throw failure }
        guard let start = bytes.bindMemory(to: UInt8.self).baseAddress else { return }
        let taken = nghttp2_session_mem_recv(self.session, start, bytes.count)
        guard taken >= 0 else {
            let failure = self.failure ?? self.violation(Int32(taken))
            self.failure = failure
            throw failure
        }
        let unknown = self.scanner.unknownFrames(in: bytes)
        guard unknown > 0, let excess = self.abuse.count(.unknownFrame, unknown, at: self.now) else { return }
        self.failure = excess
        throw excess
    }

    /// Lends what is to be sent, piece by piece, until there is nothing more or `body` answers that it wants no more.
    func takeOutput(_ body: (UnsafeRawBufferPointer) -> Bool) throws(HTTP2Error) {
        guard self.failure == nil else { return }
        while true {
            var pointer: UnsafePointer<UInt8>?
            let length = nghttp2_session_mem_send(self.session, &pointer)
            guard length >= 0 else {
                let failure = self.failure ?? HTTP2Session.error(Int32(length))
                self.failure = failure
                throw failure
            }
            guard length > 0 else { return }
            guard body(UnsafeRawBufferPointer(start: pointer, count: length)) else { return }
        }
    }

    /// Whether there is something to send.
    var wantsOutput: Bool { self.failure == nil && nghttp2_session_want_write(self.session) != 0 }

    /// Whether both sides have said all they had to say.
    var isFinished: Bool {
        self.failure != nil
            || nghttp2_session_want_read(self.session) == 0 && nghttp2_session_want_write(self.session) == 0
    }

    /// The GOAWAY frame that tells the peer why the connection ends: a session that failed no longer can.
    func farewell(_ error: HTTP2Error) -> [UInt8] {
        let code =
            switch error.code {
            case .excess: HTTP2ErrorCode.enhanceYourCalm
            case .library: HTTP2ErrorCode.internalError
            default: HTTP2ErrorCode.protocolError
            }
        let reason = Array(error.message.utf8.prefix(HTTP2Session.farewellReasonBytes))
        var frame: [UInt8] = [0, 0, UInt8(8 + reason.count), UInt8(NGHTTP2_GOAWAY.rawValue), 0, 0, 0, 0, 0]
        for word in [UInt32(bitPattern: self.lastStream), code] {
            frame += [UInt8(word >> 24), UInt8(word >> 16 & 255), UInt8(word >> 8 & 255), UInt8(word & 255)]
        }
        return frame + reason
    }

    private static let farewellReasonBytes = 200

    // MARK: Called back

    /// Notes that the peer went too far; `receive` throws it.
    func refuse(_ error: HTTP2Error) -> Int32 {
        if self.failure == nil { self.failure = error }
        return Int32(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
    }

    func noteStream(_ stream: StreamID) { self.lastStream = max(self.lastStream, stream) }

    // MARK: Errors

    func check(_ code: Int32) throws(HTTP2Error) {
        guard code >= 0 else { throw HTTP2Session.error(code) }
    }

    static func error(_ code: Int32) -> HTTP2Error {
        HTTP2Error(.library, nghttp2_strerror(code).map { String(cString: $0).lowercased() } ?? "error \(code)")
    }

    private func violation(_ code: Int32) -> HTTP2Error {
        if code == NGHTTP2_ERR_FLOODED.rawValue {
            return HTTP2Error(.excess, "the peer floods us with frames to be acknowledged")
        }
        let text = self.libraryMessage ?? HTTP2Session.error(code).message
        return HTTP2Error(.protocolViolation, "the peer does not speak HTTP/2 properly: \(text)")
    }
}

/// The options of a session, freed with this value.
private struct SessionOptions: ~Copyable {
    // SAFETY: made in `init`, freed in `deinit`, lent to the function that makes a session and copies them.
    let pointer: OpaquePointer

    init(_ limits: HTTP2Limits) throws(HTTP2Error) {
        var made: OpaquePointer?
        let code = nghttp2_option_new(&made)
        guard code == 0, let made else { throw HTTP2Session.error(code) }
        nghttp2_option_set_no_auto_window_update(made, 1)
        nghttp2_option_set_no_closed_streams(made, 1)
        nghttp2_option_set_max_settings(made, limits.settingsEntries)
        // Ours are counted first and told by name; the library's stay behind them.
        nghttp2_option_set_max_continuations(made, limits.continuationFrames + 1)
        nghttp2_option_set_stream_reset_rate_limit(
            made, UInt64(limits.resets.burst) * 2, UInt64(limits.resets.perSecond) * 2)
        self.pointer = made
    }

    deinit { nghttp2_option_del(self.pointer) }
}
