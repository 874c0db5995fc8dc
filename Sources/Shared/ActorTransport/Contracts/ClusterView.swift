package import JSON

/// The cluster as one scheduler sees it: who lives, and who owns which shard.
package struct ClusterView: ModelObject {
    package var members: [ClusterMember] = []
    /// The owner of each shard; empty where nobody owns it.
    package var owners: [String] = []
    /// The epoch of each shard's lease.
    package var epochs: [Int] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .defaulted("members", \.members, absent: []),
        .defaulted("owners", \.owners, absent: []),
        .defaulted("epochs", \.epochs, absent: []),
    ])
}

/// A process of the cluster that lives.
package struct ClusterMember: ModelObject {
    package var name = ""
    /// `scheduler`, `runner` or `gateway`.
    package var role = ""
    package var address = ""
    package var weight = 1
    package var isDraining = false
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .defaulted("name", \.name, absent: ""),
        .defaulted("role", \.role, absent: ""),
        .defaulted("address", \.address, absent: ""),
        .defaulted("weight", \.weight, absent: 1),
        .defaulted("isDraining", \.isDraining, absent: false),
    ])
}

/// Asks a scheduler to give its shards away, or to take its share again.
package struct DrainRequest: ModelObject {
    package var isDraining = true
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([.defaulted("isDraining", \.isDraining, absent: true)])
}
