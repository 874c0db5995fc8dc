package import Model
package import WorkflowEngine

/// What a shard needs of a workflow's machine.
///
/// `WorkflowMachine` is the one that runs; tests may bring simpler ones.
package protocol Machine: Sendable {
    /// The workflow as it is: spec, metadata, and status without nodes.
    var workflow: Workflow { get }
    /// What must be in force after a recovery: the timers that run and the pods that are out.
    var outstanding: Outstanding { get }

    /// Whether what a person asks can be done.
    ///
    /// - Throws: `OperationError`; nothing is changed.
    func check(_ event: Event) throws(OperationError)

    /// Whether the one whom a notice speaks of holds the lock or asks for it.
    func wants(_ notice: LockNotice) -> Bool
    /// What homes of locks must hear where the workflow is taken away.
    var releases: [LockRequest] { get }
    /// Whether its rows say all that it knows, and nothing but word of a lock is expected: then it may be let go of
    /// and recovered when somebody needs it.
    var mayRest: Bool { get }

    mutating func apply(_ event: Event, in surroundings: Surroundings) -> Turn
}

extension Machine {
    package func wants(_ notice: LockNotice) -> Bool { false }
    package var releases: [LockRequest] { [] }
    package var mayRest: Bool { false }
}

/// Makes machines.
package struct MachineFactory: Sendable {
    /// A machine for a new workflow.
    package var make: @Sendable (Workflow) throws -> any Machine
    /// The machine of a stored workflow, from its rows.
    package var recover: @Sendable (Workflow, [NodeRow], Surroundings) throws -> any Machine

    package init(
        make: @escaping @Sendable (Workflow) throws -> any Machine,
        recover: @escaping @Sendable (Workflow, [NodeRow], Surroundings) throws -> any Machine
    ) {
        self.make = make
        self.recover = recover
    }
}
