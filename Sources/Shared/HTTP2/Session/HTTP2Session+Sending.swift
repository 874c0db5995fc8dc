import CNghttp2

extension HTTP2Session {
    private static let none = UInt8(NGHTTP2_FLAG_NONE.rawValue)

    // MARK: Messages

    /// Opens a stream with a whole request.
    func request(_ headers: HeaderBlock, body: [UInt8]) throws(HTTP2Error) -> StreamID {
        var provider = SessionCallbacks.provider
        let stream = headers.withEntries {
            nghttp2_submit_request(self.session, nil, $0, $1, &provider, nil)
        }
        if stream == NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE.rawValue {
            throw HTTP2Error(.notProcessed, "the connection has used up its stream numbers")
        }
        try self.check(stream)
        var outgoing = OutgoingBody()
        outgoing.append(body)
        self.queuedBytes += body.count
        outgoing.end = .ends
        self.outgoing.set(stream, outgoing)
        return stream
    }

    /// Sends headers and, at once or later, a body.
    func respond(_ headers: StaticHeaders, body: [UInt8], end: OutgoingBody.End, on stream: StreamID) {
        var provider = SessionCallbacks.provider
        let code = nghttp2_submit_response(self.session, stream, headers.entries, headers.entries.count, &provider)
        guard code == 0 else { return self.reset(stream, code: HTTP2ErrorCode.internalError) }
        var outgoing = OutgoingBody()
        outgoing.append(body)
        self.queuedBytes += body.count
        outgoing.end = end
        self.outgoing.set(stream, outgoing)
    }

    /// Sends a response that is headers alone.
    ///
    /// - Parameter isRequestWhole: whether the peer has said all; where not, it is told that the rest is of no
    ///   interest.
    func respond(_ headers: HeaderBlock, isRequestWhole: Bool, on stream: StreamID) {
        let code = headers.withEntries { nghttp2_submit_response(self.session, stream, $0, $1, nil) }
        if code != 0 {
            self.reset(stream, code: HTTP2ErrorCode.internalError)
        } else if !isRequestWhole {
            // A reset submitted now would overtake the headers.
            self.refusing.insert(stream)
        }
    }

    /// Adds to a body, or ends it.
    func send(_ bytes: [UInt8], end: OutgoingBody.End = .open, on stream: StreamID) {
        guard var outgoing = self.outgoing.remove(stream) else { return }
        outgoing.append(bytes)
        self.queuedBytes += bytes.count
        outgoing.end = end
        if outgoing.isDeferred {
            outgoing.isDeferred = false
            nghttp2_session_resume_data(self.session, stream)
        }
        self.outgoing.set(stream, outgoing)
    }

    /// How much of a body waits to be sent.
    func pendingBytes(on stream: StreamID) -> Int { self.outgoing[stream]?.count ?? 0 }

    func reset(_ stream: StreamID, code: UInt32) {
        // Fails only where memory is short, or the stream is gone.
        nghttp2_submit_rst_stream(self.session, HTTP2Session.none, stream, code)
    }

    // MARK: Windows

    /// Lets the peer send as much again on the connection.
    func consumeConnection(_ count: Int) { nghttp2_session_consume_connection(self.session, count) }

    /// Lets the peer send as much again on a stream.
    func consume(_ count: Int, on stream: StreamID) { nghttp2_session_consume_stream(self.session, stream, count) }

    // MARK: The connection

    func ping() { nghttp2_submit_ping(self.session, HTTP2Session.none, nil) }

    /// Tells the peer that no new stream will be taken soon; those under way from it are.
    func announceShutdown() { nghttp2_submit_shutdown_notice(self.session) }

    /// Tells the peer which stream was the last that is served.
    func goAway() {
        let last = nghttp2_session_get_last_proc_stream_id(self.session)
        nghttp2_submit_goaway(self.session, HTTP2Session.none, last, HTTP2ErrorCode.noError, nil, 0)
    }

    /// How many streams the peer lets us have.
    var peerStreamLimit: Int {
        Int(nghttp2_session_get_remote_settings(self.session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS))
    }

    /// The number that the next stream gets: for tests of what happens at the end of the numbers.
    func setNextStream(_ stream: StreamID) { nghttp2_session_set_next_stream_id(self.session, stream) }
}
