/// Where a distributed actor is: on which member, under which published name.
///
/// The address is all that crosses the wire of an actor. It names a door (`shard/17`, `query`, `runner`), never a type.
package struct ActorAddress: Hashable, Sendable, CustomStringConvertible {
    package var member: String
    package var name: String

    package init(member: String, name: String) {
        self.member = member
        self.name = name
    }

    package var description: String { "\(self.member)/\(self.name)" }

    package static func shard(_ shard: Int, on member: String) -> ActorAddress {
        ActorAddress(member: member, name: "shard/\(shard)")
    }

    package static func query(on member: String) -> ActorAddress { ActorAddress(member: member, name: "query") }

    package static func runner(on member: String) -> ActorAddress { ActorAddress(member: member, name: "runner") }

    package static func reports(on member: String) -> ActorAddress { ActorAddress(member: member, name: "reports") }
}
