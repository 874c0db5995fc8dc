import OrderedCollections

extension Workflow {
    /// A workflow of a stored template: it has no name yet, and its spec is a reference.
    package init(ofTemplate name: String, clusterScope: Bool) {
        self.init()
        self.metadata.generateName = "\(name)-"
        var reference = WorkflowTemplateRef()
        reference.name = name
        reference.clusterScope = clusterScope
        self.spec.workflowTemplateRef = reference
        let key = clusterScope ? WorkflowKeys.clusterWorkflowTemplate : WorkflowKeys.workflowTemplate
        self.metadata.labels[key] = name
    }

    /// A workflow that a person makes of a cron workflow, out of turn: it has no name yet.
    package init(ofCron cron: CronWorkflow, now: Timestamp) {
        self.init(cron, scheduledAt: now)
        self.metadata.generateName = "\(cron.metadata.name)-"
    }

    /// The workflow that a cron workflow makes for one of its ticks.
    ///
    /// Its name and its uid follow from the tick, so that no tick makes two, and none anew what was deleted.
    package init(ofCron cron: CronWorkflow, tick: Timestamp) {
        self.init(cron, scheduledAt: tick)
        self.metadata.name = cron.childName(at: tick)
        self.metadata.uid = cron.childUID(at: tick)
        for key in WorkflowKeys.creators {
            guard let value = cron.metadata.labels[key], self.metadata.labels[key] == nil else { continue }
            self.metadata.labels[key] = value
        }
    }

    private init(_ cron: CronWorkflow, scheduledAt time: Timestamp) {
        self.init()
        self.kind = "Workflow"
        self.apiVersion = cron.apiVersion ?? WorkflowKeys.apiVersion
        self.metadata.namespace = cron.metadata.namespace
        self.metadata.annotations[WorkflowKeys.scheduledTime] = time.description
        if let instance = cron.metadata.labels[WorkflowKeys.instanceID] {
            self.metadata.labels[WorkflowKeys.instanceID] = instance
        }
        self.metadata.labels[WorkflowKeys.cronWorkflow] = cron.metadata.name
        if let metadata = cron.spec.workflowMetadata {
            self.metadata.labels.merge(metadata.labels) { _, new in new }
            self.metadata.annotations.merge(metadata.annotations) { _, new in new }
            self.metadata.finalizers += metadata.finalizers
        }
        var owner = OwnerReference(
            apiVersion: WorkflowKeys.apiVersion, kind: "CronWorkflow", name: cron.metadata.name,
            uid: cron.metadata.uid)
        owner.controller = true
        owner.blockOwnerDeletion = true
        self.metadata.ownerReferences.append(owner)
        self.spec = cron.spec.workflowSpec
    }
}

extension CronWorkflow {
    /// `<cron>-<unix seconds>`.
    package func childName(at tick: Timestamp) -> String { "\(self.metadata.name)-\(tick.seconds)" }

    /// The uid of the workflow of a tick, whoever makes it.
    package func childUID(at tick: Timestamp) -> String {
        TimedUUID.text(at: tick, bits: StableHash.of("\(self.metadata.uid)/\(self.childName(at: tick))"))
    }
}

/// What `POST /workflows/{namespace}/submit` can make a workflow of.
package enum SubmittableKind: Hashable, Sendable {
    case workflowTemplate
    case clusterWorkflowTemplate
    case cronWorkflow

    /// - Parameter name: the kind, its singular, plural or short name.
    package init(_ name: String) throws(OperationError) {
        switch name {
        case "WorkflowTemplate", "workflowtemplate", "workflowtemplates", "wftmpl": self = .workflowTemplate
        case "ClusterWorkflowTemplate", "clusterworkflowtemplate", "clusterworkflowtemplates", "cwft":
            self = .clusterWorkflowTemplate
        case "CronWorkflow", "cronworkflow", "cronworkflows", "cwf", "cronwf": self = .cronWorkflow
        default: throw OperationError("Resource kind '\(name)' is not supported for submitting")
        }
    }
}
