package import Model
import OrderedCollections

/// What a runner says of itself to every scheduler, again and again: it is its sign of life too.
package struct RunnerAnnouncement: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.RunnerAnnouncement")

    /// The member's name: under it the runner is called, and pods are placed on it for good.
    package var name = ""
    /// Where others reach it; empty where the name is enough.
    package var address = ""
    /// Another one after each start of the runner's process.
    package var incarnation = ""
    /// How many pods it takes at once.
    package var pods = 0
    /// How much its pods may ask for together, in thousandths of a processor; 0: it does not count.
    package var milliCPU = 0
    /// How much its pods may ask for together, in bytes; 0: it does not count.
    package var memory = 0
    /// How many pods it has, whoever gave them to it.
    package var usedPods = 0
    /// What node selectors are compared with.
    package var labels: StringMap = [:]
    /// What it can run pods with: `process`, `oci`, `kubernetes`.
    package var backends: [String] = []
    /// Whether it takes no more pods.
    package var isDraining = false
    /// What it runs.
    package var version = ""

    package init() {}

    package init(name: String, pods: Int) {
        self.name = name
        self.pods = pods
    }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("name", &self.name)
        try coder.field("address", &self.address)
        try coder.field("incarnation", &self.incarnation)
        try coder.field("pods", &self.pods)
        try coder.field("milli_cpu", &self.milliCPU)
        try coder.field("memory", &self.memory)
        try coder.field("used_pods", &self.usedPods)
        try coder.map("labels", &self.labels)
        try coder.field("backends", &self.backends)
        try coder.field("is_draining", &self.isDraining)
        try coder.field("version", &self.version)
    }
}

/// What a scheduler answers to an announcement.
package struct AnnouncementAnswer: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.AnnouncementAnswer")

    /// The cluster as the scheduler sees it, so that the runner finds those it does not know.
    package var cluster = ClusterView()
    /// Whether the runner is to tell again how far each of its pods is: the scheduler had given it up, or is new.
    package var wantsReports = false

    package init() {}

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("cluster", &self.cluster)
        try coder.field("wants_reports", &self.wantsReports)
    }
}
