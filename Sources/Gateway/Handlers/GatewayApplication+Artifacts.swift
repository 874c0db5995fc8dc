import ActorTransport
import JSON

extension GatewayApplication {
    /// An artifact, as a file.
    func artifactCall(_ call: Call, _ operation: ArtifactOperation) async throws(ServiceError) -> GatewayResponse {
        let content = try await self.cluster.artifact(try Self.artifactRequest(call, operation))
        let stream = ResponseStream(framing: .raw, length: content.size) { writer in
            for try await chunk in content.chunks { try await writer.write(chunk) }
        }
        let name = content.fileName.map { $0 == "\"" || $0 == "\\" || $0.isNewline ? "_" : $0 }
        return GatewayResponse(
            status: 200,
            headers: [
                ("Content-Type", contentType(ofFileNamed: content.fileName)),
                ("Content-Disposition", "filename=\"\(String(name))\""),
                ("Content-Security-Policy", Self.contentSecurityPolicy), ("X-Frame-Options", "SAMEORIGIN"),
                ("X-Content-Type-Options", "nosniff"),
            ],
            body: .stream(stream))
    }

    /// An artifact is what a stranger's command wrote: it must not act as a page of ours.
    private static let contentSecurityPolicy =
        "sandbox allow-same-origin; base-uri 'none'; default-src 'none'; img-src 'self'; style-src 'self' "
        + "'unsafe-inline'"

    private static func artifactRequest(
        _ call: Call, _ operation: ArtifactOperation
    ) throws(ServiceError) -> ArtifactRequest {
        let path = call.path
        var request = ArtifactRequest(
            namespace: call.namespace, workflow: call.name, nodeID: path["nodeId"], name: path["artifactName"])
        switch operation {
        case .output: break
        case .input: request.isInput = true
        case .outputByUID, .inputByUID:
            request.workflow = path["uid"]
            request.byUID = true
            request.isInput = operation == .inputByUID
        case .file, .innerFile:
            request.workflow = path["id"]
            request.byUID = path["idDiscriminator"] == "archived-workflows"
            request.isInput = path["artifactDiscriminator"] == "inputs"
            guard ["archived-workflows", "workflows"].contains(path["idDiscriminator"]),
                ["inputs", "outputs"].contains(path["artifactDiscriminator"])
            else { throw ServiceError(.invalidArgument, "expected workflows or archived-workflows, inputs or outputs") }
            guard path["path"].isEmpty else {
                throw ServiceError(.unimplemented, "files inside an artifact are not available in this version")
            }
        }
        return request
    }
}

/// The media type that goes with a file name's extension.
private func contentType(ofFileNamed name: String) -> String {
    guard let dot = name.lastIndex(of: ".") else { return "application/octet-stream" }
    return switch name[name.index(after: dot)...].lowercased() {
    case "txt", "log", "md", "csv", "yaml", "yml": "text/plain; charset=utf-8"
    case "html", "htm": "text/html; charset=utf-8"
    case "json": "application/json"
    case "xml": "text/xml; charset=utf-8"
    case "png": "image/png"
    case "jpg", "jpeg": "image/jpeg"
    case "gif": "image/gif"
    case "svg": "image/svg+xml"
    case "pdf": "application/pdf"
    case "tgz", "gz": "application/gzip"
    case "tar": "application/x-tar"
    case "zip": "application/zip"
    default: "application/octet-stream"
    }
}
