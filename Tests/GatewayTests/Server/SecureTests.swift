import JSON
import Logging
import TLS
import Testing

@testable import Gateway

/// The gateway over TLS: what is said is as in plain text, and nobody hears it in plain text.
@Suite(.timeLimit(.minutes(5)))
struct SecureTests {
    private let certificate: IssuedCertificate

    init() throws { self.certificate = try IssuedCertificate.selfSigned(hosts: ["localhost"], now: .now()) }

    private func holder(minimumVersion: TLSVersion = .tls12) throws -> TLSContextHolder {
        try TLSContextHolder(
            .publicServer(
                certificate: .bytes(try self.certificate.certificate.pem()),
                key: .bytes(try self.certificate.key.pem()),
                minimumVersion: minimumVersion, applicationProtocols: ["http/1.1"]))
    }

    private func client(_ change: (inout TLSConfiguration) -> Void = { _ in }) throws -> TLSContext {
        var configuration = TLSConfiguration(.client)
        configuration.authorities = .bytes(try self.certificate.certificate.pem())
        configuration.applicationProtocols = ["http/1.1"]
        change(&configuration)
        return try TLSContext(configuration)
    }

    @Test("requests and streams are answered over TLS, one after the other on one connection")
    func answers() async throws {
        let tls = try self.client()
        try await RunningGateway.with(tls: self.holder()) { gateway in
            try await RawClient.with(port: gateway.port, tls: tls) { client in
                for _ in 0..<3 {
                    try await client.get("/api/v1/version")
                    let answer = try await client.answer()
                    #expect(answer.status == 200 && answer.body.contains("v4.1.2"))
                }
                try await client.get("/readyz", "Connection: close\r\n")
                #expect(try await client.answer().status == 200)
                // The end is said: without that, this would throw.
                #expect(try await client.rest().isEmpty)
            }
        }
    }

    @Test("a client that names no application protocol is served, and one that speaks none of ours is not")
    func protocols() async throws {
        let silent = try self.client { $0.applicationProtocols = [] }
        let foreign = try self.client { $0.applicationProtocols = ["h2"] }
        try await RunningGateway.with(tls: self.holder()) { gateway in
            try await RawClient.with(port: gateway.port, tls: silent) { client in
                try await client.get("/readyz")
                #expect(try await client.answer().status == 200)
            }
            await #expect(throws: TLSError.self) {
                try await RawClient.with(port: gateway.port, tls: foreign) { client in
                    try await client.get("/readyz")
                    _ = try await client.answer()
                }
            }
        }
    }

    @Test("plain HTTP is told to use https, and nothing of what was asked")
    func plainText() async throws {
        try await RunningGateway.with(tls: self.holder()) { gateway in
            try await RawClient.with(port: gateway.port) { client in
                try await client.get("/api/v1/version")
                let answer = try await client.answer()
                #expect(answer.status == 400 && answer.body.contains("https"))
                #expect(try await client.rest().isEmpty)
            }
        }
    }

    @Test("shutdown ends a stream with its last frame, and says the end of the connection")
    func shutdown() async throws {
        let tls = try self.client()
        try await RunningGateway.with(tls: self.holder()) { gateway in
            try await RawClient.with(port: gateway.port, tls: tls) { client in
                try await client.get("/api/v1/workflow-events/argo")
                _ = try await client.head()
                await gateway.stop()
                #expect(try await client.chunk()?.contains("the server is shutting down") == true)
                #expect(try await client.chunk() == nil)
                #expect(try await client.rest().isEmpty)
            }
        }
    }

    @Test("TLS alone does not open the gateway to other machines: they must prove who they are")
    func otherMachines() async throws {
        var configuration = GatewayConfiguration()
        configuration.port = 0
        configuration.host = "0.0.0.0"
        configuration.tls = try self.holder()
        let service = GatewayService(
            configuration: configuration, cluster: FakeCluster(), logger: Logger(label: "test"))
        let error = await #expect(throws: GatewayError.self) { try await service.bind() }
        #expect(error?.code == .insecureAddress)
        #expect(error?.message.contains("without authentication") == true)
        #expect(error?.message.contains("plain text") == false)
    }
}
