import Synchronization

/// One exchange between the driver's thread, which fills it, and the task that reads it.
final class CurlTransfer: Sendable {
    private struct State {
        var head: HTTPResponseHead?
        var arriving = HTTPResponseHead(status: 0, headers: [])
        var buffer: [UInt8] = []
        var isHeldUp = false
        /// Set once: how the exchange ended.
        var outcome: Result<Void, HTTPClientError>?
        var headReader: CheckedContinuation<HTTPResponseHead, any Error>?
        var bodyReader: CheckedContinuation<[UInt8]?, any Error>?
    }

    let request: HTTPRequest
    let configuration: HTTPClientConfiguration
    private let driver: CurlDriver
    private let state = Mutex(State())

    init(_ request: HTTPRequest, configuration: HTTPClientConfiguration, driver: CurlDriver) {
        self.request = request
        self.configuration = configuration
        self.driver = driver
    }

    // MARK: - The reader's side

    func head() async throws -> HTTPResponseHead {
        try await withCheckedThrowingContinuation { reader in
            let known: Result<HTTPResponseHead, any Error>? = self.state.withLock { state in
                if let head = state.head { return .success(head) }
                if case .failure(let error) = state.outcome { return .failure(error) }
                if case .success = state.outcome { return .failure(Self.noAnswer(self.request)) }
                state.headReader = reader
                return nil
            }
            if let known { reader.resume(with: known) }
        }
    }

    /// What has arrived and was not yet read; `nil` at the end.
    func chunk() async throws -> [UInt8]? {
        let chunk: [UInt8]? = try await withCheckedThrowingContinuation { reader in
            let known: Result<[UInt8]?, any Error>? = self.state.withLock { state in
                if !state.buffer.isEmpty { return .success(Self.take(&state)) }
                switch state.outcome {
                case .success: return .success(nil)
                case .failure(let error): return .failure(error)
                case nil:
                    precondition(state.bodyReader == nil, "a body has one reader")
                    state.bodyReader = reader
                    return nil
                }
            }
            if let known { reader.resume(with: known) }
        }
        let mustResume = self.state.withLock { state in
            defer { state.isHeldUp = false }
            return state.isHeldUp
        }
        if mustResume { self.driver.enqueue(.resume(self)) }
        return chunk
    }

    func cancel() {
        guard self.state.withLock({ $0.outcome == nil }) else { return }
        self.driver.enqueue(.cancel(self))
    }

    // MARK: - The driver's side

    /// One line of the headers, with its line end.
    func receiveHeaderLine(_ line: String) {
        let text = line.trimmingLineEnd()
        let reader: CheckedContinuation<HTTPResponseHead, any Error>? = self.state.withLock { state in
            if text.hasPrefix("HTTP/") {
                let status = text.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap { Int($0) }
                state.arriving = HTTPResponseHead(status: status ?? 0, headers: [])
                return nil
            }
            guard text.isEmpty else {
                if let header = Self.header(text) { state.arriving.headers.append(header) }
                return nil
            }
            guard state.head == nil, !self.isInterim(state.arriving) else { return nil }
            state.head = state.arriving
            defer { state.headReader = nil }
            return state.headReader
        }
        reader?.resume(returning: self.state.withLock { $0.head ?? $0.arriving })
    }

    /// A piece of the body, or `false` where the sender must wait until the reader has caught up.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let (isTaken, reader, chunk): (Bool, CheckedContinuation<[UInt8]?, any Error>?, [UInt8]) =
            self.state.withLock { state in
                guard state.buffer.count < self.configuration.bufferSize else {
                    state.isHeldUp = true
                    return (false, nil, [])
                }
                state.buffer.append(contentsOf: bytes)
                guard let reader = state.bodyReader else { return (true, nil, []) }
                state.bodyReader = nil
                return (true, reader, Self.take(&state))
            }
        reader?.resume(returning: chunk)
        return isTaken
    }

    func finish(_ outcome: Result<Void, HTTPClientError>) {
        let readers = self.state.withLock { state in
            guard state.outcome == nil else { return (nil, nil) as Readers }
            state.outcome = outcome
            defer {
                state.headReader = nil
                state.bodyReader = nil
            }
            return (state.headReader, state.bodyReader)
        }
        switch outcome {
        case .success:
            readers.head?.resume(throwing: Self.noAnswer(self.request))
            readers.body?.resume(returning: nil)
        case .failure(let error):
            readers.head?.resume(throwing: error)
            readers.body?.resume(throwing: error)
        }
    }

    private typealias Readers = (
        head: CheckedContinuation<HTTPResponseHead, any Error>?, body: CheckedContinuation<[UInt8]?, any Error>?
    )

    /// Whether another head follows this one: `100 Continue`, or a redirection that libcurl follows.
    private func isInterim(_ head: HTTPResponseHead) -> Bool {
        if (100..<200).contains(head.status) { return true }
        return self.request.followsRedirects && (300..<400).contains(head.status) && head["location"] != nil
    }

    private static func take(_ state: inout State) -> [UInt8] {
        defer { state.buffer = [] }
        return state.buffer
    }

    private static func header(_ line: Substring) -> HTTPField? {
        guard let colon = line.firstIndex(of: ":") else { return nil }
        return HTTPField(String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
    }

    private static func noAnswer(_ request: HTTPRequest) -> HTTPClientError {
        HTTPClientError(.interrupted, "\(request.url) closed the connection without an answer")
    }
}

extension String {
    fileprivate func trimmingLineEnd() -> Substring {
        var rest = Substring(self)
        while let last = rest.unicodeScalars.last, last == "\r" || last == "\n" { rest.unicodeScalars.removeLast() }
        return rest
    }
}
