import CNghttp2

/// The functions that nghttp2 calls: each finds its session and hands over.
enum SessionCallbacks {
    // SAFETY: written once before first use; sessions copy it when they are made.
    nonisolated(unsafe) static let table: OpaquePointer? = SessionCallbacks.make()

    static var provider: nghttp2_data_provider {
        nghttp2_data_provider(
            source: nghttp2_data_source(),
            read_callback: { _, stream, buffer, length, flags, _, owner in
                guard let buffer, let flags else { return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue) }
                return SessionCallbacks.session(owner).provide(
                    on: stream, into: UnsafeMutableRawBufferPointer(start: buffer, count: length), flags: &flags.pointee
                )
            })
    }

    private static func session(_ owner: UnsafeMutableRawPointer?) -> HTTP2Session {
        guard let owner else { preconditionFailure("nghttp2 lost its owner") }
        // SAFETY: the owner deletes the session before it goes; see `HTTP2Session.init`.
        return Unmanaged<HTTP2Session>.fromOpaque(owner).takeUnretainedValue()
    }

    private static func make() -> OpaquePointer? {
        var made: OpaquePointer?
        guard nghttp2_session_callbacks_new(&made) == 0, let made else { return nil }
        nghttp2_session_callbacks_set_on_begin_frame_callback(made) { _, frame, owner in
            guard let frame else { return 0 }
            return SessionCallbacks.session(owner).frameBegan(frame.pointee)
        }
        nghttp2_session_callbacks_set_on_begin_headers_callback(made) { _, frame, owner in
            guard let frame else { return 0 }
            SessionCallbacks.session(owner).headersBegan(on: frame.pointee.hd.stream_id)
            return 0
        }
        nghttp2_session_callbacks_set_on_header_callback(made) { _, _, name, nameLength, value, valueLength, _, owner in
            SessionCallbacks.session(owner).headerArrived(
                UnsafeBufferPointer(start: name, count: nameLength),
                UnsafeBufferPointer(start: value, count: valueLength))
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made) { _, _, stream, bytes, count, owner in
            let buffer = UnsafeRawBufferPointer(start: bytes, count: count)
            SessionCallbacks.session(owner).streams?.bytesArrived(buffer.bytes, on: stream)
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(made) { _, frame, owner in
            guard let frame else { return 0 }
            return SessionCallbacks.session(owner).frameArrived(frame.pointee)
        }
        nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made) { _, _, _, owner in
            SessionCallbacks.session(owner).connection?.headersEnded()
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_send_callback(made) { _, frame, owner in
            guard let frame else { return 0 }
            return SessionCallbacks.session(owner).frameSent(frame.pointee)
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(made) { _, stream, code, owner in
            SessionCallbacks.session(owner).streamClosed(stream, code)
            return 0
        }
        nghttp2_session_callbacks_set_error_callback2(made) { _, _, text, length, owner in
            let bytes = UnsafeRawBufferPointer(start: text, count: length)
            SessionCallbacks.session(owner).libraryMessage = String(decoding: bytes, as: UTF8.self)
            return 0
        }
        return made
    }
}

extension HTTP2Session {
    /// How often the limit of one header block may be exceeded before the connection pays for it.
    private static let headerExcess = 4

    var now: Duration { self.connection?.now ?? .zero }

    // MARK: Frames

    fileprivate func frameBegan(_ frame: nghttp2_frame_hd) -> Int32 {
        let isPlain = frame.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) == 0
        let error: HTTP2Error? =
            switch UInt32(frame.type) {
            case NGHTTP2_HEADERS.rawValue:
                self.headerFrameBegan()
            case NGHTTP2_CONTINUATION.rawValue: self.abuse.countContinuation()
            case NGHTTP2_RST_STREAM.rawValue where self.role == .server: self.abuse.count(.reset, at: self.now)
            case NGHTTP2_SETTINGS.rawValue where isPlain: self.abuse.count(.settings, at: self.now)
            case NGHTTP2_PING.rawValue where isPlain: self.abuse.count(.ping, at: self.now)
            case NGHTTP2_PRIORITY.rawValue: self.abuse.count(.priority, at: self.now)
            case NGHTTP2_DATA.rawValue where frame.length == 0 && isPlain: self.abuse.count(.emptyFrame, at: self.now)
            case NGHTTP2_WINDOW_UPDATE.rawValue: self.abuse.count(.windowUpdate, at: self.now)
            default: nil
            }
        return error.map { self.refuse($0) } ?? 0
    }

    private func headerFrameBegan() -> HTTP2Error? {
        self.abuse.headersBegan()
        self.connection?.headersBegan()
        return nil
    }

    fileprivate func frameArrived(_ frame: nghttp2_frame) -> Int32 {
        let header = frame.hd
        let isEnd = header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
        switch UInt32(header.type) {
        case NGHTTP2_HEADERS.rawValue:
            self.connection?.headersEnded()
            return self.headersArrived(on: header.stream_id, isEnd: isEnd)
        case NGHTTP2_DATA.rawValue where isEnd: self.streams?.peerEnded(header.stream_id)
        case NGHTTP2_SETTINGS.rawValue:
            self.connection?.settingsArrived(isAcknowledgement: header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0)
        case NGHTTP2_PING.rawValue where header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0:
            self.connection?.pingAnswered()
        case NGHTTP2_WINDOW_UPDATE.rawValue:
            guard frame.window_update.window_size_increment < self.limits.tinyWindowUpdateBytes else { break }
            let error = self.abuse.count(.tinyWindowUpdate, at: self.now)
            return error.map { self.refuse($0) } ?? 0
        case NGHTTP2_GOAWAY.rawValue:
            let code = frame.goaway.error_code
            let reason = UnsafeRawBufferPointer(start: frame.goaway.opaque_data, count: frame.goaway.opaque_data_len)
            let text = reason.isEmpty ? "" : ": \(String(decoding: reason, as: UTF8.self))"
            self.connection?.goAwayArrived(
                code == HTTP2ErrorCode.noError
                    ? HTTP2Error(.notProcessed, "the peer is shutting down")
                    : HTTP2Error(.connectionLost, "the peer gave up the connection with code \(code)\(text)"))
        default: break
        }
        return 0
    }

    fileprivate func frameSent(_ frame: nghttp2_frame) -> Int32 {
        let type = UInt32(frame.hd.type)
        if type == NGHTTP2_DATA.rawValue { self.abuse.dataSent() }
        if type == NGHTTP2_HEADERS.rawValue, !self.refusing.isEmpty,
            self.refusing.remove(frame.hd.stream_id) != nil
        {
            self.reset(frame.hd.stream_id, code: HTTP2ErrorCode.noError)
        }
        // Resets that a peer makes us send cost us as much as its own. Those that we send as a client are ours.
        guard self.role == .server, type == NGHTTP2_RST_STREAM.rawValue,
            let error = self.abuse.count(.reset, at: self.now)
        else { return 0 }
        return self.refuse(error)
    }

    // MARK: Headers

    fileprivate func headersBegan(on stream: StreamID) {
        self.block = HeaderBlock()
        self.blockBytes = 0
        self.noteStream(stream)
    }

    fileprivate func headerArrived(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) -> Int32 {
        self.blockBytes += name.count + value.count + HeaderBlock.entryOverhead
        if self.blockBytes <= self.limits.headerListBytes {
            self.block.add(name: name, value: value)
        } else if self.blockBytes > self.limits.headerListBytes * HTTP2Session.headerExcess {
            return self.refuse(HTTP2Error(.excess, "headers of more than \(self.limits.headerListBytes) bytes"))
        }
        return 0
    }

    private func headersArrived(on stream: StreamID, isEnd: Bool) -> Int32 {
        let block = self.block
        self.block = HeaderBlock()
        guard self.blockBytes <= self.limits.headerListBytes else {
            self.reset(stream, code: HTTP2ErrorCode.enhanceYourCalm)
            return 0
        }
        self.streams?.headersArrived(block, on: stream)
        if isEnd { self.streams?.peerEnded(stream) }
        return 0
    }

    // MARK: Streams

    fileprivate func streamClosed(_ stream: StreamID, _ code: UInt32) {
        if let outgoing = self.outgoing.remove(stream) { self.queuedBytes -= outgoing.count }
        if !self.refusing.isEmpty { self.refusing.remove(stream) }
        let error: HTTP2Error? =
            switch code {
            case HTTP2ErrorCode.noError: nil
            case HTTP2ErrorCode.refusedStream: HTTP2Error(.notProcessed, "the peer refused the stream")
            default: HTTP2Error(.reset, "the stream was reset with code \(code)")
            }
        self.streams?.streamClosed(stream, error: error)
    }

    fileprivate func provide(
        on stream: StreamID, into buffer: UnsafeMutableRawBufferPointer, flags: inout UInt32
    ) -> Int {
        guard var outgoing = self.outgoing.remove(stream) else {
            return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
        }
        let length = outgoing.take(into: buffer)
        self.queuedBytes -= length
        guard outgoing.count == 0 else {
            self.outgoing.set(stream, outgoing)
            return length
        }
        switch outgoing.end {
        case .open:
            outgoing.isDeferred = length == 0
            self.outgoing.set(stream, outgoing)
            if length > 0 { self.streams?.bodyDrained(on: stream) }
            return length > 0 ? length : Int(NGHTTP2_ERR_DEFERRED.rawValue)
        case .ends:
            flags |= NGHTTP2_DATA_FLAG_EOF.rawValue
        case .trailers(let trailers):
            flags |= NGHTTP2_DATA_FLAG_EOF.rawValue | NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
            let code =
                switch trailers {
                case .fixed(let fixed):
                    nghttp2_submit_trailer(self.session, stream, fixed.entries, fixed.entries.count)
                case .made(let block):
                    block.withEntries { nghttp2_submit_trailer(self.session, stream, $0, $1) }
                }
            if code != 0 { return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue) }
        }
        return length
    }
}
