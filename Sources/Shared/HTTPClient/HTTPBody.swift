/// The body of an answer, in pieces as they arrive.
///
/// It is read once, by one reader. Where the reader is slower than the sender, the sender is held up.
package final class HTTPBody: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    private let transfer: CurlTransfer
    /// Keeps the thread that drives the transfer.
    private let client: CurlClient

    init(_ transfer: CurlTransfer, client: CurlClient) {
        self.transfer = transfer
        self.client = client
    }

    deinit { self.transfer.cancel() }

    package func makeAsyncIterator() -> Iterator { Iterator(body: self) }

    package struct Iterator: AsyncIteratorProtocol {
        private let body: HTTPBody

        fileprivate init(body: HTTPBody) { self.body = body }

        package mutating func next() async throws -> [UInt8]? { try await self.body.next() }
    }

    private func next() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await self.transfer.chunk()
        } onCancel: {
            self.transfer.cancel()
        }
    }

    /// The body's lines, without their line feeds.
    package var lines: HTTPLines { HTTPLines(self) }
}

/// The lines of a body.
package struct HTTPLines: AsyncSequence, Sendable {
    package typealias Element = String

    /// A longer line is an error: a workflow with a hundred thousand nodes fits several times over.
    package static let maximumLineLength = 512 * 1024 * 1024

    private let body: HTTPBody

    fileprivate init(_ body: HTTPBody) { self.body = body }

    package func makeAsyncIterator() -> Iterator { Iterator(chunks: self.body.makeAsyncIterator()) }

    package struct Iterator: AsyncIteratorProtocol {
        private var chunks: HTTPBody.Iterator
        private var pending: [UInt8] = []
        /// How far `pending` has been searched for a line feed.
        private var searched = 0
        /// Where the next line begins in `pending`.
        private var start = 0
        private var isAtEnd = false

        fileprivate init(chunks: HTTPBody.Iterator) { self.chunks = chunks }

        package mutating func next() async throws -> String? {
            while true {
                if let end = self.pending[self.searched...].firstIndex(of: UInt8(ascii: "\n")) {
                    return self.line(upTo: end)
                }
                self.searched = self.pending.count
                if self.isAtEnd { return self.rest() }
                try await self.readMore()
            }
        }

        private mutating func readMore() async throws {
            self.pending.removeSubrange(..<self.start)
            self.searched -= self.start
            self.start = 0
            guard let chunk = try await self.chunks.next() else {
                self.isAtEnd = true
                return
            }
            guard self.pending.count + chunk.count <= HTTPLines.maximumLineLength else {
                throw HTTPClientError(.tooLarge, "a line is longer than \(HTTPLines.maximumLineLength) bytes")
            }
            self.pending += chunk
        }

        private mutating func line(upTo end: Int) -> String {
            let isCarriageReturn = end > self.start && self.pending[end - 1] == UInt8(ascii: "\r")
            let line = String(
                decoding: self.pending[self.start..<(isCarriageReturn ? end - 1 : end)], as: UTF8.self)
            self.start = end + 1
            self.searched = self.start
            return line
        }

        private mutating func rest() -> String? {
            guard self.start < self.pending.count else { return nil }
            let line = String(decoding: self.pending[self.start...], as: UTF8.self)
            self.start = self.pending.count
            self.searched = self.start
            return line
        }
    }
}
