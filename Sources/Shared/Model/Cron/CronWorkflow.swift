package import JSON

/// A schedule that makes workflows.
package struct CronWorkflow: ModelObject {
    package var kind: String?
    package var apiVersion: String?
    package var metadata = ObjectMeta()
    package var spec = CronWorkflowSpec()
    package var status = CronWorkflowStatus()
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("kind", \.kind),
        .text("apiVersion", \.apiVersion),
        .object("metadata", \.metadata),
        .object("spec", \.spec),
        .object("status", \.status),
    ])
}

/// When workflows are made, and of what.
package struct CronWorkflowSpec: ModelObject {
    package var workflowSpec = WorkflowSpec()
    package var concurrencyPolicy: String?
    package var suspend = false
    package var startingDeadlineSeconds: Int?
    package var successfulJobsHistoryLimit: Int?
    package var failedJobsHistoryLimit: Int?
    package var timezone: String?
    @Boxed package var workflowMetadata: ObjectMeta?
    @Boxed package var stopStrategy: StopStrategy?
    package var schedules: [String] = []
    package var when: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .object("workflowSpec", \.workflowSpec),
        .text("concurrencyPolicy", \.concurrencyPolicy),
        .flag("suspend", \.suspend),
        .optional("startingDeadlineSeconds", \.startingDeadlineSeconds),
        .optional("successfulJobsHistoryLimit", \.successfulJobsHistoryLimit),
        .optional("failedJobsHistoryLimit", \.failedJobsHistoryLimit),
        .text("timezone", \.timezone),
        .boxed("workflowMetadata", \._workflowMetadata),
        .boxed("stopStrategy", \._stopStrategy),
        .list("schedules", \.schedules, always: .null),
        .text("when", \.when),
    ])
}

/// What a cron workflow has made so far.
package struct CronWorkflowStatus: ModelObject {
    package var active: [ObjectReference] = []
    package var lastScheduledTime: Timestamp?
    package var conditions: [Condition] = []
    package var succeeded = 0
    package var failed = 0
    package var phase = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .list("active", \.active, always: .null),
        .optional("lastScheduledTime", \.lastScheduledTime, always: .null),
        .list("conditions", \.conditions, always: .null),
        .number("succeeded", \.succeeded, always: true),
        .number("failed", \.failed, always: true),
        .requiredText("phase", \.phase),
    ])
}

/// An expression over the counts of outcomes that ends a schedule for good.
package struct StopStrategy: ModelObject {
    package var expression = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("expression", \.expression)
    ])
}
