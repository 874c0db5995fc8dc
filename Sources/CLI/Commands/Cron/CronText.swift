import JSON
import Model
import OrderedCollections

/// Changes a cron workflow's document as its submitter asks.
enum CronEdits {
    static func apply(
        _ options: SubmitOptions, schedule: String?, to document: JSONValue
    ) throws(CommandFailure) -> JSONValue {
        var root = document.objectValue ?? [:]
        var spec = root["spec"]?.objectValue ?? [:]
        if let schedule { spec["schedules"] = [.string(schedule)] }
        // The options are those of a workflow: they change the workflow spec, and the name is the cron workflow's own.
        var inner = options
        inner.labels = nil
        let edited = try SubmitEdits.apply(inner, to: ["spec": spec["workflowSpec"] ?? [:]])
        spec["workflowSpec"] = edited["spec"]
        root["spec"] = .object(spec)
        var metadata = root["metadata"]?.objectValue ?? [:]
        if let prefix = options.generateName {
            metadata["generateName"] = .string(prefix)
            metadata["name"] = nil
        }
        if let name = options.name {
            metadata["name"] = .string(name)
            metadata["generateName"] = nil
        }
        root["metadata"] = .object(metadata)
        return .object(root)
    }
}

/// Cron workflows in words and as a table.
enum CronText {
    static func text(_ cron: CronWorkflow, now: Timestamp) -> String {
        var lines = KeyedLines(width: 30)
        lines.add("Name:", cron.metadata.name)
        lines.add("Namespace:", cron.metadata.namespace)
        lines.add("Created:", cron.metadata.creationTimestamp.map { Humanize.moment($0, now: now) } ?? "")
        lines.add("Schedules:", cron.spec.schedules.joined(separator: ","))
        lines.add("Suspended:", String(cron.spec.suspend))
        if let zone = cron.spec.timezone, !zone.isEmpty { lines.add("Timezone:", zone) }
        if let seconds = cron.spec.startingDeadlineSeconds { lines.add("StartingDeadlineSeconds:", String(seconds)) }
        if let policy = cron.spec.concurrencyPolicy, !policy.isEmpty { lines.add("ConcurrencyPolicy:", policy) }
        if let last = cron.status.lastScheduledTime {
            lines.add("LastScheduledTime:", Humanize.moment(last, now: now))
        }
        if let next = self.nextRun(cron, after: now) {
            lines.add(
                "NextScheduledTime:", "\(Humanize.moment(next, now: now)) (assumes workflow-controller is in UTC)")
        }
        if !cron.status.active.isEmpty {
            lines.add("Active Workflows:", cron.status.active.map { $0.name ?? "" }.joined(separator: ", "))
        }
        lines.add(conditions: cron.status.conditions, style: TextStyle(isColoured: false))
        lines.add(
            title: "Workflow Parameters:", cron.spec.workflowSpec.arguments.parameters.map { ($0.name, $0.value) })
        return lines.text
    }

    static func table(_ crons: [CronWorkflow], hasNamespaces: Bool, now: Timestamp) -> String {
        var table = TabWriter(padding: 3)
        table.add(
            (hasNamespaces ? ["NAMESPACE"] : [])
                + ["NAME", "AGE", "LAST RUN", "NEXT RUN", "SCHEDULES", "TIMEZONE", "SUSPENDED"])
        for cron in crons {
            let age = Humanize.shortDuration(from: cron.metadata.creationTimestamp, to: now, now: now)
            let last = cron.status.lastScheduledTime.map { Humanize.shortDuration(from: $0, to: now, now: now) }
            let next = self.nextRun(cron, after: now).map { Humanize.shortDuration(from: $0, to: now, now: now) }
            table.add(
                (hasNamespaces ? [cron.metadata.namespace] : []) + [
                    cron.metadata.name, age, last ?? "N/A", next ?? "N/A", cron.spec.schedules.joined(separator: ","),
                    cron.spec.timezone ?? "", String(cron.spec.suspend),
                ])
        }
        return table.text
    }

    /// The first moment after `now` at which one of the schedules fires.
    private static func nextRun(_ cron: CronWorkflow, after now: Timestamp) -> Timestamp? {
        NextRun.moment(cron, after: now)
    }
}
