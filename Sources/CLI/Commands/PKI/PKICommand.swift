import ArgumentParser
import JSON
import Model
import OrderedCollections
import TLS

/// `pki`: a private authority for the certificates by which the members of a cluster know each other.
struct PKICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pki", abstract: "make, issue and take back the certificates of a cluster",
        discussion: """
            EXAMPLES:
              apus pki init --dir pki
              apus pki issue scheduler scheduler-0 --dir pki --host 10.0.0.5
              apus pki token runner-7 --dir pki
              apus pki revoke pki/scheduler-0.crt --dir pki

            Every member needs its own certificate and key, and the authority's ca.crt and ca.crl. The authority's \
            key, ca.key, stays where it is. Members read changed files without a restart: issue a certificate anew \
            before it ends, and hand out ca.crl again when something was taken back.
            """,
        subcommands: [PKIInitCommand.self, PKIIssueCommand.self, PKITokenCommand.self, PKIRevokeCommand.self])
}

/// Where the authority is, and how the outcome is printed.
struct PKIOptions: ParsableArguments {
    @Option(name: .long, parsing: .unconditional, help: "Folder of the authority.")
    var dir: String

    @OptionGroup var output: OutputOptions<DocumentOutput>

    var folder: AuthorityFolder { AuthorityFolder(self.dir) }

    /// Prints what was done: as a document, where one is asked for, and otherwise as lines.
    func report(_ document: OrderedDictionary<String, JSONValue>, _ lines: [String]) {
        let console = Console.current
        switch self.output.output {
        case .json: console.line(DocumentText.json(.object(document)))
        case .yaml: console.write(DocumentText.yaml(.object(document)))
        case .name, .wide, .short, nil: for line in lines { console.line(line) }
        }
    }

    /// Runs the body, and says in our own words what is wrong with the files.
    static func explaining<Value>(_ body: () throws(TLSError) -> Value) throws(CommandFailure) -> Value {
        do {
            return try body()
        } catch {
            throw CommandFailure(error.message)
        }
    }

    /// Who a certificate is for.
    static func identity(
        _ role: ServiceIdentity.Role, _ name: String
    ) throws(CommandFailure) -> ServiceIdentity {
        guard let identity = ServiceIdentity(role: role, member: name) else {
            throw CommandFailure(
                "invalid name \"\(name)\": 1 to \(ServiceIdentity.longestMember) letters, digits, \".\", "
                    + "\"_\" and \"-\"")
        }
        return identity
    }

    /// The names that a certificate holds, where no others are given: those of this machine to itself.
    static func hosts(_ given: [String]) -> [String] { given.isEmpty ? ["localhost", "127.0.0.1", "::1"] : given }

    /// Reads a time such as `12h` or `7d`.
    static func lifetime(
        _ text: String?, standard: Duration, flag: String = "--valid"
    ) throws(CommandFailure) -> Duration {
        guard let text else { return standard }
        let days = text.hasSuffix("d") ? Int64(text.dropLast()) : nil
        let seconds = days.map { $0.multipliedReportingOverflow(by: 86_400) }
        let span = seconds.map { $0.overflow ? nil : GoDuration(seconds: $0.partialValue) } ?? GoDuration(text)
        guard let span, span >= GoDuration(seconds: 60), span <= GoDuration(seconds: self.longestLifetime) else {
            throw CommandFailure("invalid \(flag) \"\(text)\": a time such as 12h or 7d, from 1m to 36500d")
        }
        return span.duration
    }

    /// A hundred years.
    private static let longestLifetime: Int64 = 36_500 * 86_400
}

/// `pki init`: a new authority.
struct PKIInitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "make a private authority",
        discussion: """
            EXAMPLES:
              apus pki init --dir pki
              apus pki init --dir /root/apus-pki --name "production" --valid 3650d -o json
            """)

    @OptionGroup var options: PKIOptions

    @Option(name: .long, parsing: .unconditional, help: "What the authority is called in its certificate.")
    var name = "Apus authority"

    @Option(name: .long, parsing: .unconditional, help: "How long it is valid. Without it ten years.")
    var valid: String?

    @Flag(name: .long, help: "Replace an authority that is there: every certificate of it becomes worthless.")
    var force = false

    func run() async throws {
        let lifetime = try PKIOptions.lifetime(self.valid, standard: CertificateRequest.authorityLifetime)
        let folder = self.options.folder
        let authority = try PKIOptions.explaining { () throws(TLSError) in
            try folder.create(name: self.name, lifetime: lifetime, replacing: self.force, now: .now())
        }
        let end = authority.certificate.notAfter?.description ?? ""
        self.options.report(
            [
                "certificate": .string(folder.certificatePath), "key": .string(folder.keyPath),
                "revocations": .string(folder.revocationsPath), "notAfter": .string(end),
                "serial": .string(authority.certificate.serial),
            ],
            [
                "authority made, valid until \(end)", "  \(folder.certificatePath)  its certificate: for every member",
                "  \(folder.revocationsPath)  what was taken back: for every member",
                "  \(folder.keyPath)  its key: keep it here and secret",
            ])
    }
}

/// `pki issue`: a certificate for one member.
struct PKIIssueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue", abstract: "issue a certificate to a member of the cluster",
        discussion: """
            EXAMPLES:
              apus pki issue scheduler scheduler-0 --dir pki --host 10.0.0.5
              apus pki issue runner r-7 --dir pki --valid 24h --out /etc/apus --force

            Writes NAME.crt and NAME.key. The certificate says apus://ROLE/NAME, and the hosts under which the member \
            is reached.
            """)

    @Argument(help: "scheduler, runner, gateway or admin")
    var role: String

    @Argument(help: "The member's name in the cluster.")
    var name: String

    @OptionGroup var options: PKIOptions

    @Option(
        name: .long, parsing: .unconditionalSingleValue,
        help: "A DNS name or address of the member. May be repeated. Without it localhost, 127.0.0.1 and ::1.")
    var host: [String] = []

    @Option(name: .long, parsing: .unconditional, help: "How long it is valid, as 12h or 7d. Without it 7d.")
    var valid: String?

    @Option(name: .long, parsing: .unconditional, help: "Folder for the files. Without it the authority's.")
    var out: String?

    @Flag(name: .long, help: "Replace the files that are there.")
    var force = false

    func run() async throws {
        guard let role = ServiceIdentity.Role(rawValue: self.role) else {
            let roles = ServiceIdentity.Role.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandFailure("unknown role \"\(self.role)\": one of \(roles)")
        }
        let identity = try PKIOptions.identity(role, self.name)
        let lifetime = try PKIOptions.lifetime(self.valid, standard: CertificateRequest.memberLifetime)
        let hosts = PKIOptions.hosts(self.host)
        let issued = try PKIOptions.explaining { () throws(TLSError) in
            try self.options.folder.issue(
                CertificateRequest(identity, hosts: hosts, lifetime: lifetime), name: self.name,
                into: self.out ?? self.options.dir, replacing: self.force, now: .now())
        }
        let end = issued.certificate.notAfter?.description ?? ""
        self.options.report(
            [
                "identity": .string(identity.description), "certificate": .string(issued.certificatePath),
                "key": .string(issued.keyPath), "hosts": .array(hosts.map { .string($0) }), "notAfter": .string(end),
                "serial": .string(issued.certificate.serial),
            ],
            [
                "certificate for \(identity), valid until \(end)", "  \(issued.certificatePath)",
                "  \(issued.keyPath)  keep it secret",
            ])
    }
}

/// `pki revoke`: takes certificates back before they end.
struct PKIRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "take certificates back before they end",
        discussion: """
            EXAMPLES:
              apus pki revoke runner-7.crt --dir pki
              apus pki revoke 5A0C3E21B4D89F0011223344556677FF --dir pki

            Adds them to the authority's ca.crl. Members refuse them as soon as they have the new file.
            """)

    @Argument(help: "Certificate files or serial numbers.")
    var certificates: [String]

    @OptionGroup var options: PKIOptions

    func run() async throws {
        let folder = self.options.folder
        let (serials, all) = try PKIOptions.explaining { () throws(TLSError) in
            let authority = try folder.open()
            var serials: [String] = []
            for text in self.certificates { serials.append(try Self.serial(text, of: authority)) }
            return (serials, try folder.revoke(serials, now: .now()))
        }
        self.options.report(
            [
                "revocations": .string(folder.revocationsPath), "revoked": .array(serials.map { .string($0) }),
                "total": .integer(all.count),
            ],
            serials.map { "revoked \($0)" }
                + ["\(folder.revocationsPath) lists \(all.count) now: hand it out to every member"])
    }

    /// The serial number that was given, or that of the certificate in a file.
    private static func serial(_ text: String, of authority: CertificateAuthority) throws(TLSError) -> String {
        if text.allSatisfy({ $0.isHexDigit || $0 == ":" }), !SecretFile.exists(text) { return text }
        guard let certificate = try Certificate.all(in: .file(text)).first else { return "" }
        guard certificate.isIssued(by: authority.certificate) else {
            throw TLSError(
                .invalidSetting, "the certificate in \(text) is not of this authority: was another --dir meant?")
        }
        return certificate.serial
    }
}
