import ArgumentParser
import JSON
import OrderedCollections
import TLS

/// `pki token`: lets one runner get its certificate by itself, once.
struct PKITokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "make a token by which a runner gets its certificate once",
        discussion: """
            EXAMPLES:
              apus pki token runner-7 --dir pki
              apus gateway --authority pki …
              apus runner --name runner-7 --join TOKEN --join-from https://gateway:2746 --member-cert runner-7.crt …

            Keep it secret until it was used. The runner needs nothing else of the authority: the token shows each \
            side that it speaks with the other, whatever lies between them.
            """)

    @Argument(help: "The runner's name in the cluster.")
    var name: String

    @OptionGroup var options: PKIOptions

    @Option(
        name: .long, parsing: .unconditionalSingleValue,
        help: "A DNS name or address of the runner. May be repeated. Without it localhost, 127.0.0.1 and ::1.")
    var host: [String] = []

    @Option(name: .long, parsing: .unconditional, help: "How long the token may be used, as 10m or 12h. Without it 1h.")
    var valid: String?

    @Option(name: .long, parsing: .unconditional, help: "How long the certificate is valid, as 7d. Without it 7d.")
    var certificateValid: String?

    func run() async throws {
        let identity = try PKIOptions.identity(.runner, self.name)
        let lifetime = try PKIOptions.lifetime(self.valid, standard: JoinDesk.tokenLifetime)
        let certificateLifetime = try PKIOptions.lifetime(
            self.certificateValid, standard: CertificateRequest.memberLifetime, flag: "--certificate-valid")
        let hosts = PKIOptions.hosts(self.host)
        let now = CertificateDate.now()
        let token = try PKIOptions.explaining { () throws(TLSError) in
            try JoinDesk(self.options.folder).token(
                for: identity, hosts: hosts, lifetime: lifetime, certificateLifetime: certificateLifetime, now: now)
        }
        let end = now + lifetime
        self.options.report(
            ["identity": .string(identity.description), "token": .string(token.description), "end": .string("\(end)")],
            ["\(token)"])
    }
}
