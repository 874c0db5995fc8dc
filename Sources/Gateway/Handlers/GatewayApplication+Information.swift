import ActorTransport
import JSON

extension GatewayApplication {
    /// What the server is, and who asks.
    ///
    /// Nothing here needs the cluster.
    func informationCall(_ call: Call, isReady: Bool) -> GatewayResponse {
        switch call.route.operation {
        case .getVersion: return .json(GatewayVersion.document)
        case .getInfo: return .json(["modals": ["feedback": false, "firstTimeUser": false, "newVersion": false]])
        // In the mode that asks for no password there is nobody to name.
        case .getUserInfo, .collectEvent: return .json([:])
        case .getLiveness: return .text("ok\n")
        case .getReadiness: return isReady ? .text("ok\n") : .text("shutting down\n", status: 503)
        case .getFrontPage: return .text(Self.frontPage)
        default: return .failure(ServiceError(.unimplemented, call.route.operation.rawValue))
        }
    }

    private static let frontPage = """
        Apus \(GatewayVersion.version)
        An Argo Workflows-compatible workflow engine.

        API       /api/v1/workflows/{namespace}, /api/v1/info, /api/v1/version, …
        Probes    /healthz, /readyz
        Commands  apus submit FILE, apus list, apus get @latest, apus logs @latest

        """
}
