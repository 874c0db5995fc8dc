import JSON
import Model

/// A cron workflow of a simulation: when it makes workflows, and how many of them may live.
struct SimulatedCron: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        /// Every minute, by the clock.
        case minute
        /// Every few seconds; the next one does not wait for the last one's workflow.
        case every
        /// As `every`, but a tick is passed over while a workflow lives.
        case forbid
        /// As `every`, but a tick ends the workflows that live.
        case replace
        /// As `every`, and somebody deletes it.
        case brief
    }

    /// How far apart the ticks of all but `minute` are, in seconds.
    static let period: Int64 = 5
    static let minute: Int64 = 60

    var name: String
    var kind: Kind
    /// How many workflows that have succeeded are kept.
    var kept: Int

    var uid: String { "uid-\(self.name)" }

    static func item(_ kind: Kind, _ number: Int, kept: Int) -> SimulatedCron {
        SimulatedCron(name: "\(kind.rawValue)-\(number)", kind: kind, kept: kept)
    }

    var document: JSONValue {
        let policy =
            switch self.kind {
            case .forbid: "Forbid"
            case .replace: "Replace"
            case .minute, .every, .brief: "Allow"
            }
        let schedule = self.kind == .minute ? "* * * * *" : "@every \(Self.period)s"
        return [
            "metadata": ["name": .string(self.name), "uid": .string(self.uid)],
            "spec": [
                "schedules": [.string(schedule)], "concurrencyPolicy": .string(policy), "startingDeadlineSeconds": 600,
                "successfulJobsHistoryLimit": .integer(self.kept), "failedJobsHistoryLimit": .integer(self.kept),
                "workflowSpec": [
                    "entrypoint": "main",
                    "templates": [["name": "main", "container": ["image": "busybox", "command": ["work"]]]],
                ],
            ],
        ]
    }
}
