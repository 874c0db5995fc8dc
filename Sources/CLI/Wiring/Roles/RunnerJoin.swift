import JSON
import TLS

/// Gets a runner its first certificate, with a token that can be used once.
struct RunnerJoin {
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
            let request = try token.request(identity, key: key)
            let answer = try await AdmittingGateway(self.settings).ask([
                "token": .string(request.token), "identity": .string(request.identity), "key": .string(request.key),
                "proof": .string(request.proof),
            ])
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
}
