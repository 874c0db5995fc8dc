import JSON
import Model

/// Prints the log lines of a workflow's pods; followed, they go on where the connection breaks.
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
        let name = try await self.client.resolve(workflow, namespace: self.namespace)
        let path = self.client.workflows(self.namespace) + [name, "log"]
        guard self.isFollowing else {
            for try await entry in try await self.client.events(path, self.query()) { self.print(LogLine(entry)) }
            return
        }
        var position = LogPosition(self)
        // A server that was never there is not waited for.
        var hasAnswered = false
        var attempts = 0
        while true {
            do {
                let entries = try await self.client.events(path, self.query(position))
                hasAnswered = true
                for try await entry in entries {
                    attempts = 0
                    var line = LogLine(entry)
                    guard position.takes(line) else { continue }
                    if !self.hasTimestamps { line.dropTime() }
                    self.print(line)
                }
                return
            } catch
                where hasAnswered && WorkflowFollower.isPassing(error) && attempts < WorkflowFollower.reconnectLimit
            {
                attempts += 1
            }
            try await Task.sleep(for: WorkflowFollower.reconnectDelay)
        }
    }

    private func print(_ line: LogLine) {
        Console.current.line(self.style.paint("\(line.podName): \(line.content)", TextStyle.colour(for: line.podName)))
    }

    /// - Parameter position: How far the lines were told, where they are followed: their times are asked for then.
    private func query(_ position: LogPosition? = nil) -> ArgoClient.Query {
        var query: ArgoClient.Query = []
        if !self.grep.isEmpty { query.append(("grep", self.grep)) }
        query.append(("logOptions.container", self.container))
        if self.isFollowing { query.append(("logOptions.follow", "true")) }
        if self.isPrevious { query.append(("logOptions.previous", "true")) }
        if let time = position?.start {
            query.append(("logOptions.sinceTime", LocalTime.precise(time)))
        } else {
            if let seconds = self.sinceSeconds { query.append(("logOptions.sinceSeconds", String(seconds))) }
            if let time = self.sinceTime { query.append(("logOptions.sinceTime", time)) }
            if let lines = self.tailLines { query.append(("logOptions.tailLines", String(lines))) }
        }
        if self.hasTimestamps || position != nil { query.append(("logOptions.timestamps", "true")) }
        if !self.podName.isEmpty { query.append(("podName", self.podName)) }
        if !self.selector.isEmpty { query.append(("selector", self.selector)) }
        return query
    }
}

/// A line as a server tells it.
private struct LogLine {
    let podName: String
    private(set) var content: String

    init(_ entry: JSONValue) {
        self.podName = entry["podName"]?.stringValue ?? ""
        self.content = entry["content"]?.stringValue ?? ""
    }

    /// When it was written, where it begins with that.
    var time: Timestamp? { Timestamp(self.content.prefix { $0 != " " }) }

    mutating func dropTime() {
        guard self.time != nil else { return }
        self.content = String(self.content.drop { $0 != " " }.dropFirst())
    }
}

/// How far logs that are followed were told.
///
/// Each line of a pod has a later time than the one before it.
private struct LogPosition {
    /// Whether lines of one pod alone are told.
    private let isOfOnePod: Bool
    /// From when on lines were asked for at first; `nil`: from their beginning, as far as that is known.
    private var begin: Timestamp?
    /// Whether the first lines are not the first of their logs.
    private let isTail: Bool
    private var told: [String: Timestamp] = [:]

    init(_ logs: LogFollower) {
        self.isOfOnePod = !logs.podName.isEmpty
        self.isTail = logs.tailLines != nil
        self.begin = logs.sinceTime.flatMap { Timestamp($0) }
        if let seconds = logs.sinceSeconds { self.begin = Console.clock() - GoDuration(seconds: Int64(seconds)) }
    }

    /// From when on to ask for lines again; `nil`: as at first.
    var start: Timestamp? {
        guard !self.told.isEmpty else { return nil }
        return self.isOfOnePod ? self.told.values.max() : self.begin
    }

    /// Whether a line was not told before; it is then.
    mutating func takes(_ line: LogLine) -> Bool {
        guard let time = line.time else { return true }
        if let last = self.told[line.podName], time <= last { return false }
        self.told[line.podName] = time
        // Of the others' lines older ones were not wanted.
        if self.isTail { self.begin = min(self.begin ?? time, time) }
        return true
    }
}
