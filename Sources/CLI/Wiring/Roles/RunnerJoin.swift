import HTTPClient
import JSON
import OrderedCollections
import TLS

/// Gets a runner its first certificate, with a token that can be used once.
struct RunnerJoin {
    private static let timeout = Duration.seconds(30)

    let settings: RoleSettings

    /// Does nothing where no token was given, or the runner has its certificate already.
    func perform() async throws {
        guard let text = self.settings.text("join") else { return }
        let certificatePath = try self.settings.required("member-cert")
        guard !SecretFile.exists(certificatePath) else { return }
        let keyPath = try self.settings.required("member-key")
        let authorityPath = try self.settings.required("member-ca")
        let name = try self.settings.required("name")
        guard let token = JoinToken(text) else {
            throw CommandFailure("invalid join: a token as `apus pki token \(name)` prints it, of three parts")
        }
        let identity = try ServiceRole.runner.identity(name)
        do {
            let key = try PrivateKey.generate()
            let answer = try await self.ask(try token.request(identity, key: key))
            try token.check(answer, identity: identity, key: key)
            try SecretFile.write(try key.pem(), to: keyPath)
            try SecretFile.write(Array(answer.authority.utf8), to: authorityPath)
            if let path = self.settings.text("member-crl") {
                try SecretFile.write(Array(answer.revocations.utf8), to: path)
            }
            // Last: what is there is whole.
            try SecretFile.write(Array(answer.certificate.utf8), to: certificatePath)
        } catch let error as TLSError {
            throw CommandFailure("cannot join: \(error)")
        }
    }

    private func ask(_ request: JoinRequest) async throws -> JoinAnswer {
        let server = try self.settings.required("join-from")
        guard server.hasPrefix("http://") || server.hasPrefix("https://") else {
            throw CommandFailure("invalid join-from \"\(server)\": as https://HOST:PORT")
        }
        var configuration = HTTPClientConfiguration()
        // Neither side relies on the connection: the request holds no secret, and the token tells a true answer.
        configuration.verifiesPeer = false
        let document: JSONValue = [
            "token": .string(request.token), "identity": .string(request.identity), "key": .string(request.key),
            "proof": .string(request.proof),
        ]
        let base = server.hasSuffix("/") ? String(server.dropLast()) : server
        var call = HTTPRequest(
            "POST", "\(base)/api/v1/apus/join", headers: [HTTPField("Content-Type", "application/json")],
            body: Documents.bytes(document))
        call.timeout = Self.timeout
        let response: HTTPResponse
        do {
            response = try await CurlClient(configuration).send(call)
        } catch let error as HTTPClientError {
            throw CommandFailure("cannot join through \(server): \(error.message)")
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
