import ActorTransport

/// A request that found its route, taken apart.
struct Call: Sendable {
    let route: Route
    let path: PathParameters
    let query: QueryParameters
    let body: RequestBody
    let request: GatewayRequest

    var namespace: String { self.path["namespace"] }
    var name: String { self.path["name"] }

    /// The namespace of something that is about to be created.
    func requiredNamespace() throws(ServiceError) -> String {
        let namespace = self.namespace
        guard namespace.isEmpty else { return namespace }
        throw ServiceError(.invalidArgument, "an empty namespace may not be set during creation: name one in the path")
    }

    /// The name of something that exists.
    func requiredName() throws(ServiceError) -> String {
        let name = self.name
        guard name.isEmpty else { return name }
        throw ServiceError(.invalidArgument, "resource name may not be empty")
    }
}

/// `listOptions.*` of a query.
struct ListOptions: Sendable {
    var labelSelector: String
    var fieldSelector: String
    var limit: Int?
    var continueToken: String?
    var resourceVersion: String?
    var timeout: Duration?
    var allowsBookmarks: Bool

    init(_ query: QueryParameters) throws(ServiceError) {
        self.labelSelector = query.text("listOptions.labelSelector")
        self.fieldSelector = query.text("listOptions.fieldSelector")
        // A limit of 0 is none, as in Kubernetes.
        let limit = try query.integer("listOptions.limit") ?? 0
        guard limit >= 0 else {
            throw ServiceError(.invalidArgument, "listOptions.limit: expected 0 or more, found \(limit)")
        }
        self.limit = limit == 0 ? nil : limit
        self.continueToken = query.nonEmpty("listOptions.continue")
        self.resourceVersion = query.nonEmpty("listOptions.resourceVersion")
        let seconds = try query.integer("listOptions.timeoutSeconds") ?? 0
        self.timeout = seconds > 0 ? .seconds(min(seconds, Self.longestWatchSeconds)) : nil
        self.allowsBookmarks = try query.bool("listOptions.allowWatchBookmarks")
    }

    /// A watch with a time limit ends after a year at the latest.
    private static let longestWatchSeconds = 365 * 24 * 3600
}
