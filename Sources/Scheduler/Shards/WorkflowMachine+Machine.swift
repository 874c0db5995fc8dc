import WorkflowEngine

extension WorkflowMachine: Machine {}

extension MachineFactory {
    /// The engine's own machines.
    package static let workflowMachines = MachineFactory(
        make: { WorkflowMachine(workflow: $0) },
        recover: { WorkflowMachine(recovering: $0, nodes: $1, in: $2) })
}
