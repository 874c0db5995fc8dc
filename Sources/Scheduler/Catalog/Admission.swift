import ActorTransport
import JSON
import Model
import OrderedCollections
import Validation
import WorkflowEngine

/// Decides whether an object may be stored, and what it looks like when it is.
struct Admission: Sendable {
    /// The workflow that a request asks for, as it is stored: without a status, with our metadata.
    func workflow(
        _ request: CreateWorkflow, now: Timestamp, catalog: TemplateCatalog
    ) throws(ServiceError) -> Workflow {
        var workflow = try self.decode(Workflow.self, request.workflow)
        workflow.metadata.namespace = request.namespace
        workflow.metadata.creationTimestamp = now
        workflow.metadata.generation = 1
        workflow.metadata.resourceVersion = nil
        workflow.metadata.managedFields = []
        let trace = workflow.metadata.annotations[WorkflowKeys.traceID]
        workflow.metadata.annotations[WorkflowKeys.traceID] =
            trace.flatMap { TraceContext.isTraceID($0) ? $0 : nil } ?? TraceContext.traceID(uid: workflow.metadata.uid)
        // Only a retry counts retries.
        workflow.metadata.annotations[WorkflowKeys.retries] = nil
        if let creator = request.creator { workflow.metadata.labels[WorkflowKeys.creator] = creator }
        let validator = self.validator(Templates(catalog: catalog, namespace: request.namespace), .create)
        try self.refuse(validator.validate(namespace: request.namespace) + validator.validate(workflow))
        workflow.kind = nil
        workflow.apiVersion = nil
        // What a client has exported says how another workflow went: only a memoized resubmission begins with nodes.
        if !request.bringsNodes || workflow.status.nodes.isEmpty { workflow.status = WorkflowStatus() }
        return workflow
    }

    /// Checks an object of any kind; answers it as it would be stored.
    func object(
        _ request: StoreObject, purpose: WorkflowValidator.Purpose, catalog: TemplateCatalog
    ) throws(ServiceError) -> JSONValue {
        let validator = self.validator(Templates(catalog: catalog, namespace: request.namespace), purpose)
        try self.refuse(validator.validate(namespace: request.namespace))
        switch request.kind {
        case .workflow:
            var workflow = try self.decode(Workflow.self, request.object)
            if workflow.metadata.namespace.isEmpty { workflow.metadata.namespace = request.namespace }
            try self.refuse(validator.validate(workflow))
            return self.argo(workflow)
        case .workflowTemplate:
            let template = try self.decode(WorkflowTemplate.self, request.object)
            try self.refuse(validator.validate(workflowTemplate: template))
            return self.argo(template)
        case .clusterWorkflowTemplate:
            let template = try self.decode(WorkflowTemplate.self, request.object)
            try self.refuse(validator.validate(clusterWorkflowTemplate: template))
            return self.argo(template)
        case .cronWorkflow:
            let cron = try self.decode(CronWorkflow.self, request.object)
            try self.refuse(validator.validate(cron))
            return self.argo(cron)
        case .workflowEventBinding:
            let binding = try self.decode(WorkflowEventBinding.self, request.object)
            try self.refuse(validator.validate(binding))
            return self.argo(binding)
        case .configMap:
            let map = try self.decode(ConfigMap.self, request.object)
            try self.refuse(validator.validate(map))
            return self.argo(map)
        }
    }

    /// What validation says against a cron workflow.
    func issue(of cron: CronWorkflow, catalog: TemplateCatalog) -> String? {
        let templates = Templates(catalog: catalog, namespace: cron.metadata.namespace)
        return self.validator(templates, .create).validate(cron).first?.message
    }

    private func validator(
        _ templates: Templates, _ purpose: WorkflowValidator.Purpose
    ) -> WorkflowValidator {
        WorkflowValidator(
            templates: templates, purpose: purpose, isKnownTimeZone: { TimeZoneFiles.rules($0) != nil })
    }

    private func argo(_ object: some JSONConvertible) -> JSONValue {
        var json = object.json(.argo)
        // Argo's server leaves out what a path already says.
        json = json.setting("kind", nil).setting("apiVersion", nil)
        return json
    }

    private func decode<Object: JSONConvertible>(
        _ type: Object.Type, _ json: JSONValue
    ) throws(ServiceError) -> Object {
        do {
            return try Object(json: json, at: DecodingPlace())
        } catch {
            throw ServiceError(.invalidArgument, "\(error)")
        }
    }

    private func refuse(_ issues: [ValidationIssue]) throws(ServiceError) {
        guard let first = issues.first else { return }
        throw ServiceError(.invalidArgument, first.message)
    }

    /// The stored templates as a namespace sees them.
    private struct Templates: TemplateSource {
        let catalog: TemplateCatalog
        let namespace: String

        func workflowTemplate(named name: String) -> WorkflowTemplate? {
            self.catalog.workflowTemplates["\(self.namespace)/\(name)"]
        }

        func clusterWorkflowTemplate(named name: String) -> WorkflowTemplate? {
            self.catalog.clusterWorkflowTemplates[name]
        }
    }
}
