import ActorTransport
import JSON

extension GatewayApplication {
    /// What the server is, and who asks.
    ///
    /// Nothing here needs the cluster.
    func informationCall(_ operation: InformationOperation) -> GatewayResponse {
        switch operation {
        case .version: return .json(GatewayVersion.document)
        case .info: return .json(["modals": ["feedback": false, "firstTimeUser": false, "newVersion": false]])
        // In the mode that asks for no password there is nobody to name.
        case .userInfo, .collectEvent: return .json([:])
        case .frontPage: return .text(Self.frontPage)
        }
    }

    private static let frontPage = """
        Apus \(GatewayVersion.version)
        An Argo Workflows-compatible workflow engine.

        API       /api/v1/workflows/{namespace}, /api/v1/info, /api/v1/version, …
        Probes    /healthz, /readyz, /metrics
        Commands  apus submit FILE, apus list, apus get @latest, apus logs @latest

        """
}
