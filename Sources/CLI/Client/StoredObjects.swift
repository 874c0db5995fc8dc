import JSON
import OrderedCollections

/// A kind of object that a server keeps, and where its REST interface has it.
struct StoredKind: Hashable, Sendable {
    /// `WorkflowTemplate`.
    var kind: String
    /// `workflow-templates`.
    var path: String
    /// The member of a request that holds the object.
    var member: String
    /// In messages: `workflow template`.
    var words: String
    var isNamespaced = true
    /// As `lint --kinds` names it.
    var plural: String
    var shortName: String

    static let workflow = StoredKind(
        kind: "Workflow", path: "workflows", member: "workflow", words: "workflow", plural: "workflows", shortName: "wf"
    )
    static let template = StoredKind(
        kind: "WorkflowTemplate", path: "workflow-templates", member: "template", words: "workflow template",
        plural: "workflowtemplates", shortName: "wftmpl")
    static let clusterTemplate = StoredKind(
        kind: "ClusterWorkflowTemplate", path: "cluster-workflow-templates", member: "template",
        words: "cluster workflow template", isNamespaced: false, plural: "clusterworkflowtemplates",
        shortName: "cwft")
    static let cron = StoredKind(
        kind: "CronWorkflow", path: "cron-workflows", member: "cronWorkflow", words: "cron workflow",
        plural: "cronworkflows", shortName: "cwf")
    static let eventBinding = StoredKind(
        kind: "WorkflowEventBinding", path: "workflow-event-bindings", member: "workflowEventBinding",
        words: "workflow event binding", plural: "workfloweventbindings", shortName: "wfeb")
    static let configMap = StoredKind(
        kind: "ConfigMap", path: "config-maps", member: "configMap", words: "config map", plural: "configmaps",
        shortName: "cm")

    static let all: [StoredKind] = [.workflow, .template, .clusterTemplate, .cron, .eventBinding, .configMap]

    /// Those that `lint` checks.
    static let lintable: [StoredKind] = [.workflow, .template, .cron, .clusterTemplate, .eventBinding]

    /// Other kinds of the same API group: of Argo Workflows' own bookkeeping, and of its sister projects.
    static let neighbours: Set<String> = [
        "WorkflowTaskSet", "WorkflowTaskResult", "WorkflowArtifactGCTask", "EventSource", "EventBus", "Sensor",
        "Application", "ApplicationSet", "AppProject", "Rollout", "Experiment", "AnalysisRun", "AnalysisTemplate",
        "ClusterAnalysisTemplate",
    ]

    static func named(_ kind: String) -> StoredKind? { self.all.first { $0.kind == kind } }

    func matches(_ name: String) -> Bool { self.plural == name || self.shortName == name || self.kind == name }
}

extension ArgoClient {
    func create(_ kind: StoredKind, _ object: JSONValue, namespace: String) async throws -> JSONValue {
        try await self.post(self.collection(kind, namespace), self.body(kind, object, namespace))
    }

    func update(_ kind: StoredKind, _ object: JSONValue, name: String, namespace: String) async throws -> JSONValue {
        try await self.put(self.collection(kind, namespace) + [name], self.body(kind, object, namespace))
    }

    func object(_ kind: StoredKind, _ name: String, namespace: String) async throws -> JSONValue {
        try await self.get(self.collection(kind, namespace) + [name])
    }

    func objects(_ kind: StoredKind, namespace: String, labelSelector: String = "") async throws -> [JSONValue] {
        let query: Query = labelSelector.isEmpty ? [] : [("listOptions.labelSelector", labelSelector)]
        return try await self.get(self.collection(kind, namespace), query)["items"]?.arrayValue ?? []
    }

    func delete(_ kind: StoredKind, _ name: String, namespace: String) async throws {
        try await self.delete(self.collection(kind, namespace) + [name])
    }

    func lint(_ kind: StoredKind, _ object: JSONValue, namespace: String) async throws {
        _ = try await self.post(self.collection(kind, namespace) + ["lint"], self.body(kind, object, namespace))
    }

    private func collection(_ kind: StoredKind, _ namespace: String) -> [String] {
        ["api", "v1", kind.path] + (kind.isNamespaced ? [namespace] : [])
    }

    private func body(_ kind: StoredKind, _ object: JSONValue, _ namespace: String) -> JSONValue {
        var body: JSONObject = [kind.member: object]
        if kind.isNamespaced { body["namespace"] = .string(namespace) }
        return .object(body)
    }
}
