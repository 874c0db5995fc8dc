package import ActorTransport
package import JSON

/// How the messages of a stream are told apart.
package enum StreamFraming: Sendable, Hashable {
    /// One JSON document a line: what every client but a browser asks for.
    case lines
    /// Server-sent events, for clients with `Accept: text/event-stream`.
    case serverSentEvents
    /// Bytes as they are: an artifact.
    case raw

    /// What a client with this `Accept` header gets.
    package init(accept: String?) {
        self = accept?.contains("text/event-stream") == true ? .serverSentEvents : .lines
    }

    package var contentType: String {
        switch self {
        case .lines: "application/json"
        case .serverSentEvents: "text/event-stream"
        case .raw: "application/octet-stream"
        }
    }

    /// What keeps a silent stream alive through proxies and shows that a client has gone; `nil` where nothing harmless
    /// exists.
    package var keepAlive: [UInt8]? { self == .serverSentEvents ? Array(":\n\n".utf8) : nil }

    /// `{"result": …}`, framed.
    package func frame(_ message: JSONValue) -> [UInt8] { self.framed(["result": message]) }

    /// One frame for each line of a log.
    package func frames(_ batch: LogBatch) -> [UInt8] {
        batch.entries.reduce(into: []) { bytes, entry in
            let message: JSONValue = ["content": .string(entry.content), "podName": .string(entry.podName)]
            bytes.append(contentsOf: self.frame(message))
        }
    }

    /// The last frame of a stream that failed; `nil` where it would be taken for content.
    package func frame(_ error: ServiceError) -> [UInt8]? {
        self == .raw ? nil : self.framed(error.streamBody)
    }

    private func framed(_ document: JSONValue) -> [UInt8] {
        switch self {
        case .lines: return document.bytes + [UInt8(ascii: "\n")]
        case .serverSentEvents: return Array("data: ".utf8) + document.bytes + Array("\n\n".utf8)
        case .raw: return document.bytes
        }
    }
}
