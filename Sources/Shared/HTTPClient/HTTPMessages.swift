/// One header field.
package struct HTTPField: Sendable, Hashable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What to ask of a server.
package struct HTTPRequest: Sendable, Hashable {
    package var method: String
    package var url: String
    package var headers: [HTTPField]
    package var body: [UInt8]?
    /// How long the whole exchange may take; `nil`: as long as it likes, which streams need.
    package var timeout: Duration?
    package var connectTimeout: Duration = .seconds(10)
    package var followsRedirects = false

    package init(_ method: String, _ url: String, headers: [HTTPField] = [], body: [UInt8]? = nil) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// The status line and the headers of an answer.
package struct HTTPResponseHead: Sendable, Hashable {
    package var status: Int
    package var headers: [HTTPField]

    package init(status: Int, headers: [HTTPField]) {
        self.status = status
        self.headers = headers
    }

    /// The first header of this name, in any case.
    package subscript(_ name: String) -> String? {
        let wanted = name.lowercased()
        return self.headers.first { $0.name.lowercased() == wanted }?.value
    }
}

/// A whole answer.
package struct HTTPResponse: Sendable, Hashable {
    package var head: HTTPResponseHead
    package var body: [UInt8]

    package var status: Int { self.head.status }
    package var text: String { String(decoding: self.body, as: UTF8.self) }

    package init(head: HTTPResponseHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }
}

/// An answer whose body is still coming.
package struct HTTPStreamingResponse: Sendable {
    package var head: HTTPResponseHead
    package var body: HTTPBody

    package var status: Int { self.head.status }
}

/// Why an exchange did not come to an answer.
package struct HTTPClientError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        case invalidURL
        case cannotResolve
        case cannotConnect
        case untrustedPeer
        case timedOut
        case interrupted
        case tooLarge
        case cancelled
        case failed
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }
}

/// How a client reaches servers.
package struct HTTPClientConfiguration: Sendable, Hashable {
    /// Whether the peer's certificate and name are checked.
    package var verifiesPeer = true
    /// A file of certificates to trust instead of the system's.
    package var certificateAuthorityFile: String?
    package var clientCertificateFile: String?
    package var clientKeyFile: String?
    /// A proxy for every request; without one `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` decide.
    package var proxy: String?
    package var userAgent = "apus"
    /// The largest body that `send` gathers.
    package var maximumBodySize = 256 * 1024 * 1024
    /// How many bytes of a streamed body wait for a reader before the sender is held up.
    package var bufferSize = 256 * 1024

    package init() {}
}
