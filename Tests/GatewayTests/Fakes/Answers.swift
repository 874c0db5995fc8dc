import JSON
import Synchronization

@testable import Gateway

/// Keeps what a stream writes.
final class CollectingWriter: ResponseWriter {
    private let collected = Mutex<[UInt8]>([])

    var text: String { String(decoding: self.collected.withLock { $0 }, as: UTF8.self) }

    func write(_ bytes: [UInt8]) async throws { self.collected.withLock { $0 += bytes } }
}

extension GatewayResponse {
    /// The whole body, a stream's too.
    func text() async throws -> String {
        switch self.body {
        case .bytes(let bytes): return String(decoding: bytes, as: UTF8.self)
        case .stream(let stream):
            let writer = CollectingWriter()
            try await stream.run(writer)
            return writer.text
        }
    }
}

extension GatewayApplication {
    func ask(
        _ method: RequestMethod, _ target: String, _ body: String = "", accept: String? = nil
    ) async throws -> (status: Int, body: String) {
        let response = await self.answer(GatewayRequest(method, target, accept: accept, body: Array(body.utf8)))
        return (response.status, try await response.text())
    }
}

/// A workflow that the fake cluster takes.
func smallWorkflow(named name: String, wrapped: Bool = true) -> String {
    let workflow =
        "{\"metadata\":{\"name\":\"\(name)\"},\"spec\":{\"entrypoint\":\"m\",\"templates\":[{\"name\":\"m\","
        + "\"inputs\":{},\"outputs\":{},\"metadata\":{},\"container\":{\"name\":\"\",\"image\":\"busybox\","
        + "\"resources\":{}}}],\"arguments\":{}},"
        + "\"status\":{\"phase\":\"Running\",\"startedAt\":null,\"finishedAt\":null}}"
    return wrapped ? "{\"namespace\":\"argo\",\"workflow\":\(workflow)}" : workflow
}
