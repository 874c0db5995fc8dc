import TLS

/// The cluster as one scheduler sees it: who lives, and who owns which shard.
package struct ClusterView: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.ClusterView")

    package var members: [ClusterMember] = []
    /// The owner of each shard; empty where nobody owns it.
    package var owners: [String] = []
    /// The epoch of each shard's lease.
    package var epochs: [Int] = []

    package init() {}

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("members", &self.members)
        try coder.field("owners", &self.owners)
        try coder.field("epochs", &self.epochs)
    }
}

/// A process of the cluster that lives.
package struct ClusterMember: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.ClusterMember")

    package var name = ""
    /// `scheduler`, `runner` or `gateway`.
    package var role = ""
    package var address = ""
    package var weight = 1
    package var isDraining = false
    /// What it runs: Argo's version whose API it speaks, and its own behind it.
    package var version = ""
    /// Of runners: how many pods it takes at once.
    package var pods = 0
    /// Of runners: how many pods it has, whoever gave them to it.
    package var usedPods = 0
    /// Of runners: how much its pods may ask for together, in thousandths of a processor; 0: it does not count.
    package var milliCPU = 0
    /// Of runners: how much its pods may ask for together, in bytes; 0: it does not count.
    package var memory = 0
    /// Whether it was not heard of for too long.
    package var isLost = false

    package init() {}

    /// A gateway.
    package init(gateway name: String, address: String, version: String) {
        self.name = name
        self.role = ServiceIdentity.Role.gateway.rawValue
        self.address = address
        self.version = version
    }

    /// A runner as it has said it is.
    package init(_ announcement: RunnerAnnouncement, isLost: Bool) {
        self.name = announcement.name
        self.role = ServiceIdentity.Role.runner.rawValue
        self.address = announcement.address
        self.isDraining = announcement.isDraining
        self.version = announcement.version
        self.pods = announcement.pods
        self.usedPods = announcement.usedPods
        self.milliCPU = announcement.milliCPU
        self.memory = announcement.memory
        self.isLost = isLost
    }

    /// A runner and where it is, for those who call it.
    package init(runner name: String, address: MemberAddress?) {
        self.name = name
        self.role = ServiceIdentity.Role.runner.rawValue
        self.address = address?.description ?? ""
    }

    /// - Throws: `permissionDenied` where another member announces it than itself.
    package func checkAnnouncer() throws(ServiceError) {
        guard let caller = CallContext.current.caller, caller.member != self.name else { return }
        throw ServiceError(
            .permissionDenied, "\(caller) announces \"\(self.name)\": a \(self.role) announces itself alone")
    }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("name", &self.name)
        try coder.field("role", &self.role)
        try coder.field("address", &self.address)
        try coder.field("weight", &self.weight)
        try coder.field("is_draining", &self.isDraining)
        try coder.field("version", &self.version)
        try coder.field("pods", &self.pods)
        try coder.field("used_pods", &self.usedPods)
        try coder.field("milli_cpu", &self.milliCPU)
        try coder.field("memory", &self.memory)
        try coder.field("is_lost", &self.isLost)
    }
}

/// Asks a scheduler how it sees the cluster.
package struct ClusterRequest: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.ClusterRequest")

    /// Whether runners and gateways are asked for too.
    package var everybody = false

    package init() {}

    package init(everybody: Bool) { self.everybody = everybody }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("everybody", &self.everybody)
    }
}

/// Asks a scheduler to give its shards away, or to take its share again.
package struct DrainRequest: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.DrainRequest")

    package var isDraining = true

    package init() {}

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("is_draining", &self.isDraining)
    }
}
