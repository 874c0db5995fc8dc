package import JSON
import OrderedCollections

/// What a runner says of a pod.
///
/// Delivery is at least once and in no order: a receiver ignores what it already knows.
package struct PodReport: ModelObject {
    package var identity = PodIdentity()
    package var workflow = ""
    package var namespace = ""
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Error`.
    ///
    /// The last three are final.
    package var phase = NodePhase.pending
    /// Argo's words, for example `main: Error (exit code 1)`.
    package var message: String?
    package var startedAt: Timestamp?
    package var finishedAt: Timestamp?
    package var exitCode: Int?
    /// `outputs.result`, where it was asked for; `outputs.parameters` and `outputs.artifacts` that were found.
    package var outputs: Outputs?
    package var progress: String?
    package var hostNodeName: String?
    package var podIP: String?
    /// Seconds of `cpu` and of `memory` per 100 MiB, as Argo counts them.
    package var resourcesDuration: IntMap = [:]
    /// What could not be honoured: each becomes a warning on the node and an event.
    package var warnings: [String] = []
    /// Fields that were passed over: they become the workflow's condition `SpecWarning`.
    package var ignoredFields: [String] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .defaulted("identity", \.identity, absent: PodIdentity()),
        .defaulted("workflow", \.workflow, absent: ""),
        .defaulted("namespace", \.namespace, absent: ""),
        .defaulted("phase", \.phase, absent: .pending),
        .optional("message", \.message),
        .optional("startedAt", \.startedAt),
        .optional("finishedAt", \.finishedAt),
        .optional("exitCode", \.exitCode),
        .optional("outputs", \.outputs),
        .optional("progress", \.progress),
        .optional("hostNodeName", \.hostNodeName),
        .optional("podIP", \.podIP),
        .defaulted("resourcesDuration", \.resourcesDuration, absent: [:]),
        .defaulted("warnings", \.warnings, absent: []),
        .defaulted("ignoredFields", \.ignoredFields, absent: []),
    ])
}
