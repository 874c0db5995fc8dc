/// A member's part in the mutual TLS of its cluster: one certificate for those who call it and those whom it calls.
package struct MemberTLS: Sendable {
    /// The files that `apus pki` made for the member.
    package struct Files: Sendable, Hashable {
        package var certificate: TLSMaterial
        package var key: TLSMaterial
        package var authorities: TLSMaterial
        package var revocations: TLSMaterial?

        package init(
            certificate: TLSMaterial, key: TLSMaterial, authorities: TLSMaterial, revocations: TLSMaterial? = nil
        ) {
            self.certificate = certificate
            self.key = key
            self.authorities = authorities
            self.revocations = revocations
        }
    }

    package let server: TLSContextHolder
    package let client: TLSContextHolder

    /// - Throws: `TLSError` for files that cannot be used.
    package init(_ files: Files, applicationProtocol: String) throws(TLSError) {
        func holder(_ role: TLSConfiguration.Role) throws(TLSError) -> TLSContextHolder {
            try TLSContextHolder(
                .service(
                    role, certificate: files.certificate, key: files.key, authorities: files.authorities,
                    revocations: files.revocations, applicationProtocol: applicationProtocol))
        }
        self.server = try holder(.server)
        self.client = try holder(.client)
    }

    /// For a connection that somebody has opened to us; who it is, `TLSHandshakeCompleted` says.
    package func serverHandler(limits: TLSLimits = TLSLimits()) throws(TLSError) -> TLSHandler {
        try TLSHandler(self.server.context, limits: limits)
    }

    /// For a connection that we open to a member.
    package func clientHandler(
        to member: ServiceIdentity, limits: TLSLimits = TLSLimits()
    ) throws(TLSError) -> TLSHandler {
        try TLSHandler(self.client.context, expecting: .member(member), limits: limits)
    }

    /// Reads the files again, for new connections.
    package func reload() -> [TLSContextHolder.Outcome] { [self.server.reload(), self.client.reload()] }

    /// Looks for changed files again and again until its task is cancelled, and reports what is found.
    package func watch(
        every interval: Duration = TLSContextHolder.interval, clock: some Clock<Duration> = ContinuousClock(),
        report: (TLSContextHolder.Outcome) -> Void
    ) async {
        while !Task.isCancelled {
            do {
                try await clock.sleep(for: interval)
            } catch {
                return
            }
            // Both are made of the same files: what is true of one is said once.
            let outcome = self.server.reloadIfChanged()
            _ = self.client.reloadIfChanged()
            if outcome != .unchanged { report(outcome) }
        }
    }
}
