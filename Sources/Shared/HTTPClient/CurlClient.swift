import Synchronization

/// Speaks HTTP with servers, by libcurl.
///
/// One thread drives all exchanges of a client. Cancelling the task that waits for an answer, or dropping a body that
/// is not read to its end, ends the exchange. A client that nobody holds any longer ends its thread and its exchanges.
package final class CurlClient: Sendable {
    private let driver: CurlDriver
    private let configuration: HTTPClientConfiguration

    package init(_ configuration: HTTPClientConfiguration = HTTPClientConfiguration()) {
        self.configuration = configuration
        self.driver = CurlDriver()
    }

    deinit { self.driver.stop() }

    /// Sends a request and gathers the whole answer.
    ///
    /// - Throws: `HTTPClientError`; an answer with a bad status is an answer.
    package func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let response = try await self.stream(request)
        var body: [UInt8] = []
        for try await chunk in response.body {
            guard body.count + chunk.count <= self.configuration.maximumBodySize else {
                throw HTTPClientError(
                    .tooLarge, "the answer of \(request.url) is larger than \(self.configuration.maximumBodySize) bytes"
                )
            }
            body += chunk
        }
        return HTTPResponse(head: response.head, body: body)
    }

    /// Sends a request and answers as soon as the headers are there; the body comes as it is read.
    ///
    /// - Throws: `HTTPClientError`.
    package func stream(_ request: HTTPRequest) async throws -> HTTPStreamingResponse {
        let transfer = CurlTransfer(request, configuration: self.configuration, driver: self.driver)
        let body = HTTPBody(transfer, client: self)
        self.driver.enqueue(.start(transfer))
        let head = try await withTaskCancellationHandler {
            try await transfer.head()
        } onCancel: {
            transfer.cancel()
        }
        return HTTPStreamingResponse(head: head, body: body)
    }
}
