import ArgumentParser
import Model

/// `logs`: what the pods of a workflow have written.
struct LogsCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "view logs of a pod or workflow",
        usage: "apus logs WORKFLOW [POD] [flags]")

    @Argument(help: "The workflow, or @latest, and one of its pods.")
    var names: [String] = []

    @Option(
        name: [.customShort("c", allowingJoined: true), .long], parsing: .unconditional, help: "The pod's container.")
    var container = "main"

    @Flag(name: [.customShort("f"), .long], help: "Print the logs as they are written.")
    var follow = false

    @Flag(name: [.customShort("p"), .long], help: "Of argo: refused, as no pod has had another container before.")
    var previous = false

    @Option(name: .long, parsing: .unconditional, help: "Only lines that match this regular expression.")
    var grep: String?

    @Option(name: .long, parsing: .unconditional, help: "Only lines newer than a span such as 5s, 2m or 3h.")
    var since: String?

    @Option(name: .long, parsing: .unconditional, help: "Only lines after a moment (RFC 3339).")
    var sinceTime: String?

    @Option(name: .long, parsing: .unconditional, help: "Only this many lines from the end.")
    var tail = -1

    @Flag(name: .long, help: "Print each line's time.")
    var timestamps = false

    @Flag(name: .long, help: "Print without colours.")
    var noColor = false

    @Option(
        name: [.customShort("l", allowingJoined: true), .long], parsing: .unconditional,
        help: "Label selector of pods.")
    var selector: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        guard (1...2).contains(self.names.count) else {
            throw CommandFailure.usage("accepts between 1 and 2 arg(s), received \(self.names.count)")
        }
        if self.since != nil && self.sinceTime != nil {
            throw CommandFailure("--since-time and --since cannot be used together")
        }
        if let time = self.sinceTime, Timestamp(time) == nil {
            throw CommandFailure("invalid --since-time \"\(time)\": write RFC 3339, for example 2026-11-23T02:49:17Z")
        }
        let client = try self.connect()
        var logs = LogFollower(client: client, namespace: client.namespace)
        logs.style = self.console.style(noColor: self.noColor)
        logs.podName = self.names.count == 2 ? self.names[1] : ""
        logs.container = self.container
        logs.isFollowing = self.follow
        logs.isPrevious = self.previous
        logs.hasTimestamps = self.timestamps
        logs.grep = self.grep ?? ""
        logs.selector = self.selector ?? ""
        logs.sinceSeconds = try self.since.map { text throws(CommandFailure) in
            guard let span = GoDuration(text), span >= .zero else {
                throw CommandFailure("invalid argument \"\(text)\" for \"--since\" flag: write a span such as 5s or 2m")
            }
            return Int(span.nanoseconds / 1_000_000_000)
        }
        logs.sinceTime = self.sinceTime
        logs.tailLines = self.tail >= 0 ? self.tail : nil
        try await logs.print(workflow: self.names[0])
    }
}
