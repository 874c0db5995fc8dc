import ArgumentParser
import Expressions
import JSON
import Model

/// `cron backfill`: makes the workflows that a cron workflow would have made in a span of the past.
struct CronBackfill: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill", abstract: "make the workflows of past scheduled times",
        usage: "apus cron backfill CRONWORKFLOW --start TIME [--end TIME] [flags]",
        discussion: """
            One after the other, each when the one before has ended, unless --parallel is given. Dates are read as \
            --format says, in Go's layout, or as RFC 3339.

            EXAMPLES:
              apus cron backfill my-cron --start 2026-01-01T00:00:00Z --end 2026-01-08T00:00:00Z
            """)

    /// The length of a name that is drawn for a backfill.
    private static let nameLength = 5
    private static let nameLetters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
    /// How Go prints a time in UTC.
    private static let valueLayout = "2006-01-02 15:04:05 -0700 MST"

    @Argument(help: "Name of a cron workflow.")
    var cron: String

    @Option(name: .long, parsing: .unconditional, help: "Name of the backfill; drawn where it is left out.")
    var name: String?

    @Option(name: .long, parsing: .unconditional, help: "Start of the span, which itself does not count.")
    var start: String?

    @Option(name: .long, parsing: .unconditional, help: "End of the span; now where it is left out.")
    var end: String?

    @Flag(name: .long, help: "Make all workflows at once.")
    var parallel = false

    @Option(
        name: .customLong("argname"), parsing: .unconditional,
        help: "The parameter that gets the scheduled time.")
    var argument = "cronScheduleTime"

    @Option(name: .long, parsing: .unconditional, help: "How dates are written, in Go's layout.")
    var format = "Mon, 02 Jan 2006 15:04:05 MST"

    @Option(
        name: .customLong("maxworkflowcount"), parsing: .unconditional, help: "The most workflows to make.")
    var workflowCountMax = 1_000

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        guard let start = self.start, !start.isEmpty else { throw CommandFailure("start date should not be empty") }
        let first = try self.moment(start, flag: "--start")
        let last = try self.end.map { try self.moment($0, flag: "--end") } ?? self.console.now()
        let client = try self.connect()
        let object = try await client.object(.cron, self.cron, namespace: client.namespace)
        let times = try self.times(of: try CronWorkflow(json: object, at: DecodingPlace()), from: first, to: last)
        guard !times.isEmpty else { return self.console.line("There is no suitable scheduling time.") }
        let name = self.name ?? String((0..<Self.nameLength).compactMap { _ in Self.nameLetters.randomElement() })
        self.printHead(name, start, self.end ?? last.description, count: times.count)
        let follower = WorkflowFollower(client: client, namespace: client.namespace)
        for (index, time) in times.enumerated() {
            let made = try await client.submit(kind: "cronwf", name: self.cron, options: self.options(name, time))
            self.console.line("\(index + 1). \(client.namespace) \t \(made.name) ")
            guard !self.parallel else { continue }
            do {
                try await follower.wait([made.name], isQuiet: true)
            } catch let failure as CommandFailure where failure.message.isEmpty {
                // As with the schedule itself, one that fails does not hold up the next.
                continue
            }
        }
    }

    private func moment(_ text: String, flag: String) throws(CommandFailure) -> Timestamp {
        if let moment = GoTime.moment(text, layout: self.format) { return Timestamp(seconds: Int64(moment.seconds)) }
        if let moment = Timestamp(text) { return moment }
        throw CommandFailure(
            "\(flag) \"\(text)\" is no time of the form \"\(self.format)\" (--format) or RFC 3339")
    }

    private func times(
        of cron: CronWorkflow, from first: Timestamp, to last: Timestamp
    ) throws(CommandFailure) -> [Timestamp] {
        var times: [Timestamp] = []
        var time = first
        while let next = NextRun.moment(cron, after: time), next <= last {
            guard times.count < self.workflowCountMax else {
                throw CommandFailure(
                    "there are more than \(self.workflowCountMax) scheduled times in the span: give a shorter "
                        + "one, or a higher --maxworkflowcount")
            }
            times.append(next)
            time = next
        }
        return times
    }

    private func options(_ name: String, _ time: Timestamp) -> SubmitOptions {
        var options = SubmitOptions()
        options.generateName = "\(self.cron)-backfill-\(name.lowercased())-"
        options.labels = "workflows.argoproj.io/backfill=\(self.cron)"
        options.annotations = "workflows.argoproj.io/scheduled-time=\(time)"
        options.parameters = ["\(self.argument)=\(Instant(seconds: Int(time.seconds)).formatted(Self.valueLayout))"]
        return options
    }

    private func printHead(_ name: String, _ start: String, _ end: String, count: Int) {
        let rule = String(repeating: "=", count: 50)
        for line in [
            "Created \(name) Backfill task for Cronworkflow \(self.cron) ", rule, "Backfill Period :",
            "Start Time : \(start) ", "  End Time : \(end) ", "Total Backfill Schedule: \(count) ", rule,
            "Backfill Workflows: ", "   NAMESPACE\t WORKFLOW: ",
        ] {
            self.console.line(line)
        }
    }
}
