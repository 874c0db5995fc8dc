import ActorTransport
import Logging
import ServiceLifecycle
import TLS
import Telemetry

/// What every service of a cluster has in its process: a name, a certificate, a log, and the way to other members.
struct MemberSetup: Sendable {
    let settings: RoleSettings
    let name: String
    let tls: MemberTLS
    let logger: Logger
    let metrics: MetricRegistry
    let addresses: MemberAddresses
    let transport: HTTP2Transport
    let system: ApusActorSystem

    /// - Throws: `CommandFailure` for settings that are missing or files that cannot be used.
    init(_ settings: RoleSettings, console: Console) throws(CommandFailure) {
        self.settings = settings
        let name = try settings.required("name")
        self.name = name
        self.metrics = ServiceMetrics.registry(of: [settings.role])
        var logger = try ServerLog.logger(
            "apus", level: settings.text("loglevel"), format: settings.text("log-format"), console: console,
            metrics: self.metrics)
        logger[metadataKey: "service"] = "\(settings.role.rawValue)"
        logger[metadataKey: "member"] = "\(name)"
        self.logger = logger
        self.tls = try Self.tls(settings, name)
        let own = LoopbackTransport()
        self.addresses = MemberAddresses()
        self.transport = HTTP2Transport(addresses: self.addresses, own: own, tls: self.tls)
        self.system = ApusActorSystem(member: name, transport: self.transport)
        own.join(name, self.system)
    }

    private static func tls(_ settings: RoleSettings, _ name: String) throws(CommandFailure) -> MemberTLS {
        let files = MemberTLS.Files(
            certificate: .file(try settings.required("member-cert")), key: .file(try settings.required("member-key")),
            authorities: .file(try settings.required("member-ca")),
            revocations: settings.text("member-crl").map { .file($0) })
        do {
            let expected = try settings.role.identity(name)
            let certificate = try Certificate.all(in: files.certificate).first
            let names = certificate?.names.uris ?? []
            guard names.contains(expected.description) else {
                let found = names.isEmpty ? "nobody of a cluster" : names.joined(separator: ", ")
                throw CommandFailure(
                    "the certificate \(files.certificate) is for \(found), not for \(expected): "
                        + "`apus pki issue \(settings.role.rawValue) \(name)` makes one")
            }
            return try MemberTLS(files, applicationProtocol: "h2")
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    /// A client of the schedulers that `seeds` names and of those that they know.
    func client() throws(CommandFailure) -> ClusterClient {
        let seeds = try self.settings.members("seeds")
        for seed in seeds { self.addresses.set(seed.address, of: seed.name) }
        return ClusterClient(
            system: self.system, shards: ShardMap(members: seeds.map(\.name), addresses: self.addresses))
    }

    // MARK: Running

    /// Runs the services until a signal comes; the last of them is stopped first.
    ///
    /// - Parameters:
    ///   - stopping: told before the first is stopped.
    ///   - reload: told on SIGHUP.
    func run(
        _ services: [any Service], signals: ProcessSignals, stopping: @escaping @Sendable () -> Void = {},
        reload: @escaping @Sendable () -> Void = {}
    ) async throws {
        let (tls, logger) = (self.tls, self.logger)
        try await ServiceProcess.run(
            services + [CertificateWatch(tls: tls, logger: logger)], signals: signals, logger: logger,
            stopping: stopping,
            reload: {
                // Both sides are made of the same files.
                if let outcome = tls.reload().first { logger.note(outcome) }
                reload()
            })
        self.transport.drain()
    }
}

/// Reads the member's certificate again when its files change.
private struct CertificateWatch: Service {
    let tls: MemberTLS
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown { await self.tls.watch { self.logger.note($0) } }
    }
}

extension ServiceRole {
    /// Who a member of this role is, by its certificate.
    func identity(_ name: String) throws(CommandFailure) -> ServiceIdentity {
        let identity = ServiceIdentity.Role(rawValue: self.rawValue).flatMap { ServiceIdentity(role: $0, member: name) }
        guard let identity else {
            throw CommandFailure("invalid name \"\(name)\": letters, digits, \".\", \"_\" and \"-\"")
        }
        return identity
    }
}

extension Logger {
    /// Says what a look at the files of a certificate found.
    fileprivate func note(_ outcome: TLSContextHolder.Outcome) {
        switch outcome {
        case .unchanged: break
        case .reloaded(let notAfter):
            self.info(
                "member certificate loaded", metadata: ["validUntil": "\(notAfter.map { "\($0)" } ?? "unknown")"])
        case .ending(let notAfter):
            self.warning(
                "member certificate ends soon: put a new one in its place", metadata: ["validUntil": "\(notAfter)"])
        case .refused(let error):
            self.error("member certificate not loaded, the last one stays in use", metadata: ["error": "\(error)"])
        }
    }
}
