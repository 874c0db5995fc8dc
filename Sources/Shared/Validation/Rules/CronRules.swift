import Model
import OrderedCollections

extension WorkflowValidator {
    func checkCron(_ cron: CronWorkflow) throws(ValidationIssue) {
        let name = cron.metadata.name
        guard name.utf8.count <= Self.maximumCronNameLength else {
            throw ValidationIssue(
                "cron workflow name \"\(name)\" must not be more than \(Self.maximumCronNameLength) characters long "
                    + "(currently \(name.utf8.count))")
        }
        try self.checkSchedules(cron.spec)
        switch cron.spec.concurrencyPolicy ?? "" {
        case "", "Allow", "Forbid", "Replace": break
        case let policy: throw ValidationIssue("'\(policy)' is not a valid concurrencyPolicy")
        }
        if let deadline = cron.spec.startingDeadlineSeconds, deadline < 0 {
            throw ValidationIssue("startingDeadlineSeconds must be positive")
        }
        do {
            var workflow = Workflow()
            workflow.metadata.generateName = "\(name)-"
            workflow.metadata.labels = cron.spec.workflowMetadata?.labels ?? [:]
            workflow.metadata.annotations = cron.spec.workflowMetadata?.annotations ?? [:]
            workflow.metadata.annotations[WorkflowKeys.scheduledTime] = ""
            workflow.metadata.labels[WorkflowKeys.cronWorkflow] = name
            workflow.spec = cron.spec.workflowSpec
            let strict = WorkflowValidator(
                templates: self.templates, purpose: .create, defaults: self.defaults,
                isKnownTimeZone: self.isKnownTimeZone, isYAML: self.isYAML)
            var pass = ValidationPass(strict, workflow: workflow, isTemplate: false)
            try pass.validateWorkflow(ignoringEntrypoint: false)
        } catch {
            throw error.prefixed("cannot validate Workflow:")
        }
    }

    private func checkSchedules(_ spec: CronWorkflowSpec) throws(ValidationIssue) {
        guard !spec.schedules.isEmpty else {
            throw ValidationIssue("cron workflow must have at least one schedule")
        }
        for text in spec.schedules {
            do {
                let schedule = try CronSchedule(text)
                if let zone = schedule.timeZone, !self.isKnownTimeZone(zone) {
                    throw CronSchedule.SyntaxError("provided bad location \(zone): unknown time zone \(zone)")
                }
            } catch {
                throw ValidationIssue("cron schedule \(text) is malformed: \(error)")
            }
        }
        if let zone = spec.timezone, !self.isKnownTimeZone(zone) {
            throw ValidationIssue("invalid timezone \"\(zone)\": unknown time zone \(zone)")
        }
    }
}
