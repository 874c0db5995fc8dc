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

    package init() {}

    package init(runner name: String, address: MemberAddress?) {
        self.name = name
        self.role = ServiceIdentity.Role.runner.rawValue
        self.address = address?.description ?? ""
    }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("name", &self.name)
        try coder.field("role", &self.role)
        try coder.field("address", &self.address)
        try coder.field("weight", &self.weight)
        try coder.field("is_draining", &self.isDraining)
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
