import HTTPClient
import JSON
import OrderedCollections
import TLS

/// The gateway that gives runners their certificates.
struct AdmittingGateway {
    private static let timeout = Duration.seconds(30)

    private let base: String

    /// - Throws: where `join-from` is not set, or is no address.
    init(_ settings: RoleSettings) throws {
        let server = try settings.required("join-from")
        guard server.hasPrefix("http://") || server.hasPrefix("https://") else {
            throw CommandFailure("invalid join-from \"\(server)\": as https://HOST:PORT")
        }
        self.base = server.hasSuffix("/") ? String(server.dropLast()) : server
    }

    /// Asks for a certificate; the answer is still to be checked.
    func ask(_ document: JSONValue) async throws -> JoinAnswer {
        var configuration = HTTPClientConfiguration()
        // Neither side relies on the connection: requests hold no secret, and what we know tells a true answer.
        configuration.verifiesPeer = false
        var call = HTTPRequest(
            "POST", "\(self.base)/api/v1/apus/join", headers: [HTTPField("Content-Type", "application/json")],
            body: Documents.bytes(document))
        call.timeout = Self.timeout
        let response: HTTPResponse
        do {
            response = try await CurlClient(configuration).send(call)
        } catch let error as HTTPClientError {
            throw CommandFailure("cannot join through \(self.base): \(error.message)")
        }
        guard response.status == 200 else {
            throw CommandFailure("cannot join: \(RemoteError(status: response.status, body: response.body).message)")
        }
        let answer = try Documents.parse(json: response.body).get()
        return JoinAnswer(
            certificate: answer["certificate"]?.stringValue ?? "", authority: answer["authority"]?.stringValue ?? "",
            revocations: answer["revocations"]?.stringValue ?? "")
    }
}
