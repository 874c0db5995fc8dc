package import ActorTransport

/// Refuses what only a browser on somebody else's page would send.
///
/// A server on the loopback address asks for no password, so without this any page that a person visits could submit
/// workflows, that is run commands, on their machine: by a form post across origins, or by a host name that was made to
/// point at 127.0.0.1.
package struct RequestGuard: Sendable {
    /// Answer only to names of this machine.
    ///
    /// For servers without authentication that listen on a loopback address.
    private let onlyLocalNames: Bool
    /// Host names, without port, that count as this machine's beside `localhost` and addresses.
    private let allowedHosts: Set<String>

    package init(onlyLocalNames: Bool = false, allowedHosts: Set<String> = []) {
        self.onlyLocalNames = onlyLocalNames
        self.allowedHosts = allowedHosts
    }

    package func check(_ request: GatewayRequest) throws(ServiceError) {
        if let origin = request.origin, origin != "null" || request.method.routed != .get {
            let allowed = request.host.map { origin == "http://\($0)" || origin == "https://\($0)" } ?? false
            guard allowed else {
                throw ServiceError(
                    .permissionDenied, "the origin \"\(origin)\" may not call this server: open the page from it")
            }
        }
        guard self.onlyLocalNames, let host = request.host, !host.isEmpty else { return }
        let name = Self.withoutPort(host)
        guard Self.isAddressOrLocalhost(name) || self.allowedHosts.contains(name) else {
            throw ServiceError(
                .permissionDenied,
                "the host name \"\(name)\" is not one of this server's: use localhost, or add it to the allowed hosts")
        }
    }

    private static func withoutPort(_ host: String) -> String {
        if host.hasPrefix("[") { return String(host.dropFirst().prefix { $0 != "]" }) }
        return String(host.prefix { $0 != ":" }).lowercased()
    }

    /// A page cannot be served from an address of our own, so addresses are safe; names are what can be made to lie.
    private static func isAddressOrLocalhost(_ name: String) -> Bool {
        if name == "localhost" || name.hasSuffix(".localhost") || name.contains(":") { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }
}
