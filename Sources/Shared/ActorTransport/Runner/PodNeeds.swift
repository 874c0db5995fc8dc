package import Model
import OrderedCollections

/// What a pod asks of the runner that is to have it.
package struct PodNeeds: Hashable, Sendable {
    /// Labels that the runner must have.
    package var labels: StringMap = [:]
    /// What must run the pod; `nil`: anything.
    package var backend: String?
    /// Thousandths of a processor.
    package var milliCPU = 0
    /// Bytes.
    package var memory = 0

    package init() {}

    package init(_ launch: PodLaunch) {
        self.labels = launch.nodeSelector
        self.backend = self.labels.removeValue(forKey: WorkflowKeys.backend)
        // Thousandths round up, as Kubernetes has it.
        self.milliCPU = Self.amount("cpu", of: launch.container, in: 1_000)
        self.memory = Self.amount("memory", of: launch.container, in: 1)
    }

    /// The largest amount that is believed: beyond it no runner has room anyway.
    private static let largestAmount = 1e18

    /// What is requested, or else the limit, as Kubernetes has it.
    private static func amount(_ resource: String, of container: Container, in unit: Double) -> Int {
        let resources = container.resources
        let value = (resources.requests[resource] ?? resources.limits[resource])?.value ?? 0
        guard value.isFinite, value > 0 else { return 0 }
        return Int(min(value * unit, Self.largestAmount).rounded(.up))
    }
}
