import WorkflowEngine

/// How many workflows may run at once; zero: any number.
package struct Parallelism: Sendable, Hashable {
    /// In all namespaces together.
    package var total = 0
    /// In each namespace.
    package var perNamespace = 0

    package init() {}

    var limits: ParallelismLimits {
        var limits = ParallelismLimits()
        limits.isLimited = self.total > 0
        limits.isNamespaceLimited = self.perNamespace > 0
        return limits
    }
}
