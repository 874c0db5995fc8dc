import ActorTransport
import Gateway
import Glibc
import JSON
import OrderedCollections
import ServiceLifecycle
import TLS

/// A gateway in a process of its own: the public API in front of the schedulers.
struct GatewayProcess {
    let settings: RoleSettings
    let console: Console

    func run() async throws {
        let setup = try MemberSetup(self.settings, console: self.console)
        let signals = ProcessSignals([SIGINT, SIGTERM, SIGHUP])
        let client = try setup.client()
        do {
            var configuration = GatewayConfiguration()
            configuration.host = try self.settings.required("host")
            configuration.port = self.settings.number("port") ?? configuration.port
            configuration.allowInsecure = self.settings.isSet("allow-insecure")
            configuration.tls = try self.publicTLS()
            configuration.limits.shutdownGrace =
                self.settings.duration("grace") ?? configuration.limits.shutdownGrace
            configuration.admit = self.settings.text("authority").map(Self.admission)
            let follower = ClusterFollower(client: client, logger: setup.logger)
            let gateway = GatewayService(
                configuration: configuration, cluster: client, obstacle: { follower.obstacle },
                metrics: setup.metrics, logger: setup.logger)
            let port = try await gateway.bind()
            let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
            let scheme = configuration.tls == nil ? "http" : "https"
            let door = PatientGateway(
                gateway: gateway, client: client,
                greeting: "gateway \(setup.name) listening on \(scheme)://\(host):\(port)")
            let announcer = GatewayPresence(client: client, address: "\(scheme)://\(host):\(port)")
            try await setup.run(
                [follower, announcer, door], signals: signals, reload: { gateway.reloadCertificate() })
        } catch let error as GatewayError {
            throw CommandFailure("\(error)")
        } catch let error as TLSError {
            throw CommandFailure("\(error)")
        }
    }

    /// Gives certificates of the authority in a folder to who has a token of it, or one that is to be renewed.
    private static func admission(
        _ folder: String
    ) -> @Sendable (JSONValue) async throws(ServiceError) -> JSONValue {
        let desk = JoinDesk(AuthorityFolder(folder))
        return { body throws(ServiceError) in
            func text(_ name: String) -> String { body[name]?.stringValue ?? "" }
            do throws(TLSError) {
                let answer =
                    if let certificate = body["certificate"]?.stringValue {
                        try desk.renew(certificate, now: .now())
                    } else {
                        try desk.admit(
                            JoinRequest(
                                token: text("token"), identity: text("identity"), key: text("key"),
                                proof: text("proof")),
                            now: .now())
                    }
                return [
                    "certificate": .string(answer.certificate), "authority": .string(answer.authority),
                    "revocations": .string(answer.revocations),
                ]
            } catch {
                switch error.code {
                case .refusedToken, .refusedRenewal: throw ServiceError(.permissionDenied, error.message)
                case .malformed: throw ServiceError(.invalidArgument, error.message)
                default: throw ServiceError(.internal, error.message)
                }
            }
        }
    }

    private func publicTLS() throws -> TLSContextHolder? {
        guard let certificate = self.settings.text("tls-certificate") else {
            guard self.settings.text("tls-key") == nil else {
                throw CommandFailure("tls-key is given without tls-certificate")
            }
            return nil
        }
        return try TLSContextHolder(
            .publicServer(
                certificate: .file(certificate), key: .file(try self.settings.required("tls-key")),
                minimumVersion: self.settings.text("tls-min-version").flatMap { TLSVersion(rawValue: $0) } ?? .tls12,
                applicationProtocols: ["http/1.1"]))
    }
}

/// Makes a gateway one of the members that schedulers tell of.
struct GatewayPresence: Service {
    let client: ClusterClient
    /// Where clients reach it.
    let address: String

    func run() async throws {
        let announcer = GatewayAnnouncer(self.client, address: self.address, version: GatewayVersion.version)
        await cancelWhenGracefulShutdown { await announcer.run() }
    }
}

/// A gateway that lets nobody in before a scheduler has answered.
///
/// Connections wait until then.
private struct PatientGateway: Service {
    let gateway: GatewayService
    let client: ClusterClient
    let greeting: String

    private static let pause = Duration.milliseconds(100)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    _ = try await self.client.cluster()
                    Console.current.line(self.greeting)
                    return
                } catch {
                    // Cancelled by the shutdown.
                    do { try await ContinuousClock().sleep(for: Self.pause) } catch { return }
                }
            }
        }
        try await self.gateway.run()
    }
}
