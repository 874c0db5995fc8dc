import OrderedCollections

extension ObjectMeta {
    /// How often a workflow may count that it was retried: far more than anybody retries one, and numbers that are
    /// counted on from it stay within 64 bits.
    package static let maximumRetries = 1 << 40

    /// How often the workflow was retried, as its annotation says.
    ///
    /// Numbers of attempts are counted on from it. What is no such number, or cannot be one, counts as none.
    package var retries: Int {
        get {
            let count = self.annotations[WorkflowKeys.retries].flatMap { Int($0) } ?? 0
            return (0...Self.maximumRetries).contains(count) ? count : 0
        }
        set { self.annotations[WorkflowKeys.retries] = String(newValue) }
    }
}
