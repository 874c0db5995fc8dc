package import JSON

/// What a workflow or one of its nodes wants of a lock: to hold it, or not any more.
package struct LockRequest: ModelObject {
    package var lock = ""
    /// Who asks; the workflow itself where the node's id is empty.
    ///
    /// An attempt asks for a lock once and gives it back once, so nothing that comes late or twice can be mistaken.
    package var holder = PodIdentity()
    package var workflow = ""
    package var namespace = ""
    /// The greater is served first, then the older workflow.
    package var priority = 0
    package var createdAt: Timestamp?
    package var isReleased = false
    package var unknown = UnknownMembers()

    package init() {}

    /// The holder as statuses name it: `namespace/workflow`, or `namespace/workflow/node`.
    package var holderKey: String {
        let workflow = "\(self.namespace)/\(self.workflow)"
        return self.holder.nodeID.isEmpty ? workflow : "\(workflow)/\(self.holder.nodeID)"
    }

    /// Its form in stores.
    package static let fields = FieldTable<Self>([
        .defaulted("lock", \.lock, absent: ""),
        .defaulted("holder", \.holder, absent: PodIdentity()),
        .defaulted("workflow", \.workflow, absent: ""),
        .defaulted("namespace", \.namespace, absent: ""),
        .defaulted("priority", \.priority, absent: 0),
        .optional("createdAt", \.createdAt),
        .flag("isReleased", \.isReleased),
    ])
}
