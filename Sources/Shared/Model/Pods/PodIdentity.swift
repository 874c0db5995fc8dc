package import JSON

/// Which attempt at which node of which workflow: the key by which every effect on a pod is idempotent.
package struct PodIdentity: ModelObject {
    package var workflowUID = ""
    package var nodeID = ""
    /// The n-th execution of the node, from 0: a retry of the whole workflow makes a new attempt of the same node.
    package var attempt = 0
    package var unknown = UnknownMembers()

    package init() {}

    package init(workflowUID: String, nodeID: String, attempt: Int) {
        self.workflowUID = workflowUID
        self.nodeID = nodeID
        self.attempt = attempt
    }

    package static let fields = FieldTable<Self>([
        .defaulted("workflowUID", \.workflowUID, absent: ""),
        .defaulted("nodeID", \.nodeID, absent: ""),
        .defaulted("attempt", \.attempt, absent: 0),
    ])
}
