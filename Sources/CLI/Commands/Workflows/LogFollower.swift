import JSON
import Model

/// Prints the log lines of a workflow's pods.
struct LogFollower {
    let client: ArgoClient
    let namespace: String
    var style = Console.current.style()
    var podName = ""
    var container = "main"
    var isFollowing = false
    var isPrevious = false
    var hasTimestamps = false
    var grep = ""
    var selector = ""
    var sinceSeconds: Int?
    var sinceTime: String?
    var tailLines: Int?

    init(client: ArgoClient, namespace: String) {
        self.client = client
        self.namespace = namespace
    }

    /// - Throws: `RemoteError` where there is no such workflow.
    func print(workflow: String) async throws {
        let console = Console.current
        let name = try await self.client.resolve(workflow, namespace: self.namespace)
        let path = self.client.workflows(self.namespace) + [name, "log"]
        for try await entry in try await self.client.events(path, self.query) {
            let pod = entry["podName"]?.stringValue ?? ""
            let text = "\(pod): \(entry["content"]?.stringValue ?? "")"
            console.line(self.style.paint(text, TextStyle.colour(for: pod)))
        }
    }

    private var query: ArgoClient.Query {
        var query: ArgoClient.Query = []
        if !self.grep.isEmpty { query.append(("grep", self.grep)) }
        query.append(("logOptions.container", self.container))
        if self.isFollowing { query.append(("logOptions.follow", "true")) }
        if self.isPrevious { query.append(("logOptions.previous", "true")) }
        if let seconds = self.sinceSeconds { query.append(("logOptions.sinceSeconds", String(seconds))) }
        if let time = self.sinceTime { query.append(("logOptions.sinceTime", time)) }
        if let lines = self.tailLines { query.append(("logOptions.tailLines", String(lines))) }
        if self.hasTimestamps { query.append(("logOptions.timestamps", "true")) }
        if !self.podName.isEmpty { query.append(("podName", self.podName)) }
        if !self.selector.isEmpty { query.append(("selector", self.selector)) }
        return query
    }
}
