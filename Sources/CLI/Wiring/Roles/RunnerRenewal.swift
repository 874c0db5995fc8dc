import JSON
import Logging
import ServiceLifecycle
import TLS

/// Gets a runner that has joined a new certificate before its own ends.
///
/// The key stays, so that there is one file to replace: a runner that dies meanwhile has the old one or the new.
struct RunnerRenewal: Service {
    /// How often the certificate's end is looked at, for clocks may be put right, and how long to wait after a failure.
    private static let interval = Duration.seconds(60)
    private static let shortestInterval = Duration.seconds(1)

    let gateway: AdmittingGateway
    let certificatePath: String
    let authorityPath: String
    let revocationsPath: String?
    let logger: Logger
    let reload: @Sendable () -> Void

    /// `nil` where no gateway is named to ask.
    init?(_ settings: RoleSettings, logger: Logger, reload: @escaping @Sendable () -> Void) throws {
        guard settings.text("join-from") != nil else { return nil }
        self.gateway = try AdmittingGateway(settings)
        self.certificatePath = try settings.required("member-cert")
        self.authorityPath = try settings.required("member-ca")
        self.revocationsPath = settings.text("member-crl")
        self.logger = logger
        self.reload = reload
    }

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                var pause = Self.interval
                do {
                    pause = try await self.renewWhereDue()
                } catch {
                    self.logger.warning(
                        "the certificate was not renewed",
                        metadata: ["file": "\(self.certificatePath)", "error": "\(error)"])
                }
                try await Task.sleep(for: pause)
            }
        }
    }

    /// - Returns: how long to wait before the next look.
    private func renewWhereDue() async throws -> Duration {
        var certificate = try Certificate.all(in: .file(self.certificatePath)).first
        if let old = certificate, let due = old.renewalDate, CertificateDate.now() >= due {
            certificate = try await self.renew(old)
        }
        guard let due = certificate?.renewalDate else { return Self.interval }
        let rest = Duration.seconds(due.seconds - CertificateDate.now().seconds)
        return min(max(rest, Self.shortestInterval), Self.interval)
    }

    private func renew(_ old: Certificate) async throws -> Certificate {
        let text = String(decoding: try old.pem(), as: UTF8.self)
        let answer = try await self.gateway.ask(["certificate": .string(text)])
        let new = try answer.certificate(renewing: old, authorities: .file(self.authorityPath))
        if let path = self.revocationsPath { try SecretFile.write(Array(answer.revocations.utf8), to: path) }
        try SecretFile.write(Array(answer.certificate.utf8), to: self.certificatePath)
        self.logger.info("certificate renewed", metadata: ["serial": "\(new.serial)"])
        self.reload()
        return new
    }
}
