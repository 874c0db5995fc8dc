import JSON
import Model
import OrderedCollections
import WorkflowEngine

/// Watches what comes out of a machine, and says which invariant it breaks.
struct InvariantChecker {
    private let spec: WorkflowSpec
    private var launched: Set<PodIdentity> = []
    private var attempts: [String: Int] = [:]
    private var running: Set<String> = []
    private var phases: [String: NodePhase] = [:]
    private var decided: [PodIdentity] = []
    /// Everything that came out, in order: two runs from one seed must give the same.
    private(set) var history = ""

    init(workflow: Workflow) { self.spec = workflow.spec }

    /// Notes that a runner is told to launch a pod, and answers whether it has to: a repeated call starts nothing.
    mutating func noteLaunch(_ identity: PodIdentity) -> Bool { self.launched.insert(identity).inserted }

    mutating func check(_ turn: Turn, machine: WorkflowMachine) throws {
        for row in turn.changedNodes { try self.check(row) }
        for decision in turn.decisions {
            guard case .startPod(let launch) = decision else { continue }
            try self.check(launch)
        }
        for (id, phase) in self.phases where !phase.isFulfilled {
            guard machine.waitingFor(nodeID: id) != nil else {
                throw EngineSimulation.Violation(
                    description: "nothing will wake node \(id), which is \(phase.rawValue)")
            }
        }
        self.record(turn)
    }

    private mutating func check(_ row: NodeRow) throws {
        let (status, before) = (row.status, self.phases[row.status.id])
        if let before, before.isFulfilled, before != status.phase {
            throw EngineSimulation.Violation(
                description: "\(status.name) changed from \(before.rawValue) to \(status.phase.rawValue)")
        }
        self.phases[status.id] = status.phase
        guard status.type == .pod else { return }
        if status.phase == .succeeded, status.outputs?.exitCode != "0" {
            throw EngineSimulation.Violation(description: "\(status.name) succeeded before its outputs were there")
        }
        if status.phase.isFulfilled { self.running.remove(status.id) } else { self.running.insert(status.id) }
        if let limit = self.spec.parallelism, self.running.count > limit {
            throw EngineSimulation.Violation(description: "\(self.running.count) pods at once, at most \(limit)")
        }
    }

    private mutating func check(_ launch: PodLaunch) throws {
        let identity = launch.identity
        guard !self.decided.contains(identity) else {
            throw EngineSimulation.Violation(
                description: "\(identity.nodeID) attempt \(identity.attempt) started twice")
        }
        self.decided.append(identity)
        if let attempt = self.attempts[identity.nodeID] {
            throw EngineSimulation.Violation(
                description: "\(identity.nodeID) started as attempt \(identity.attempt) after attempt \(attempt)")
        }
        self.attempts[identity.nodeID] = identity.attempt
        guard let phase = self.phases[identity.nodeID], !phase.isFulfilled else {
            throw EngineSimulation.Violation(description: "\(identity.nodeID) started without a row that waits for it")
        }
        try self.checkDependencies(of: launch)
    }

    /// A DAG task starts only after everything that its `depends` names.
    private func checkDependencies(of launch: PodLaunch) throws {
        guard let dot = launch.nodeName.lastIndex(of: ".") else { return }
        let parent = String(launch.nodeName[..<dot])
        let task = launch.nodeName[launch.nodeName.index(after: dot)...].prefix { $0 != "(" }
        guard let boundary = self.phases.isEmpty ? nil : self.templates[parent], let dag = boundary.dag,
            let depends = dag.tasks.first(where: { $0.name == task })?.depends
        else { return }
        let workflow = launch.workflowName
        for name in depends.split(whereSeparator: { "&|!() ".contains($0) }).compactMap({
            $0.split(separator: ".").first
        }) {
            let id = NodeNames.id(of: "\(parent).\(name)", workflow: workflow)
            guard let phase = self.phases[id], phase.isFulfilled else {
                throw EngineSimulation.Violation(description: "\(launch.nodeName) started before \(name)")
            }
        }
    }

    /// The templates of composite nodes by node name, as rows have named them so far.
    private var templates: [String: Template] = [:]

    private mutating func record(_ turn: Turn) {
        for row in turn.changedNodes {
            if let name = row.status.templateName, let template = self.spec.templates.first(where: { $0.name == name })
            {
                self.templates[row.status.name] = template
            }
            self.history += row.status.json(.compact).text + JSONValue.object(row.memory).text + "\n"
        }
        for decision in turn.decisions {
            if case .startPod(let launch) = decision { self.history += launch.json(.compact).text + "\n" }
        }
    }

    /// What must hold once a workflow says that it is complete.
    func checkEnd(rows: [String: NodeRow], machine: WorkflowMachine) throws {
        guard machine.workflow.status.phase.isCompleted else {
            throw EngineSimulation.Violation(description: "complete, but \(machine.workflow.status.phase.rawValue)")
        }
        for row in rows.values.sorted(by: { $0.status.id < $1.status.id }) where !row.status.phase.isFulfilled {
            throw EngineSimulation.Violation(
                description: "complete, but \(row.status.name) is \(row.status.phase.rawValue)")
        }
        for row in rows.values {
            for child in row.status.children where rows[child] == nil {
                throw EngineSimulation.Violation(
                    description: "\(row.status.name) has the child \(child), which is no node")
            }
        }
    }
}
