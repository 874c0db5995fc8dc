package import JSON

/// What the server says it is.
package enum GatewayVersion {
    /// Argo's version whose API we speak, and ours behind it.
    package static let version = "v4.1.2-apus.0.1.0"

    /// The answer to `GET /api/v1/version`: the members that Argo's clients require, all of them.
    package static let document: JSONValue = [
        "version": .string(Self.version), "buildDate": "1970-01-01T00:00:00Z", "gitCommit": "unknown",
        "gitTag": .string(Self.version), "gitTreeState": "clean", "goVersion": "none", "compiler": "swift",
        "platform": .string(Self.platform),
    ]

    /// System and architecture, in the words of Go.
    package static var platform: String {
        #if arch(arm64)
            "linux/arm64"
        #else
            "linux/amd64"
        #endif
    }
}
