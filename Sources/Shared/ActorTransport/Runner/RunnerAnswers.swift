package import Model

/// What a runner answers to launches.
package struct LaunchAnswer: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.LaunchAnswer")

    /// Those of the pods that it did not take; all others are on record.
    package var refused: [LaunchRefusal] = []

    package init() {}

    package init(refused: [LaunchRefusal]) { self.refused = refused }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("refused", &self.refused)
    }
}

/// A pod that a runner does not take: nothing was started, and the launch that was refused never will start it.
package struct LaunchRefusal: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.LaunchRefusal")

    package var identity = PodIdentity()
    /// `NoRoom`, or `Stale` where a newer owner of the shard, or a newer launch, was heard before.
    package var reason = ""

    package init() {}

    package init(_ identity: PodIdentity, reason: String) {
        self.identity = identity
        self.reason = reason
    }

    package static let noRoom = "NoRoom"
    package static let stale = "Stale"

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("identity", &self.identity)
        try coder.field("reason", &self.reason)
    }
}

/// What is answered to reports once they are durable.
package struct ReportAnswer: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.ReportAnswer")

    /// Pods that were reported as alive and that nobody wants: the runner is to stop and forget them.
    ///
    /// Their attempt was given up, or their workflow is gone.
    package var unwanted: [PodIdentity] = []

    package init() {}

    package init(unwanted: [PodIdentity]) { self.unwanted = unwanted }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("unwanted", &self.unwanted)
    }
}
