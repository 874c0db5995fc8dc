import Foundation
import JSON
import Model
import OrderedCollections
import TestSupport
import Testing
import WorkflowEngine

/// What an event costs, counted in the engine's own operations: no clock is asked.
@Suite("Cost of events")
struct CostTests {
    @Test("the end of a pod costs the same among ten thousand nodes as among a thousand", arguments: ["steps", "dag"])
    func fanOut(kind: String) throws {
        let small = try Self.operationsPerPod(1_000, kind: kind)
        let large = try Self.operationsPerPod(10_000, kind: kind)
        #expect(large <= small * 1.1, "\(small) operations a pod among 1,000, \(large) among 10,000")
    }

    @Test("a link of a chain of tasks costs the same in a long chain as in a short one")
    func chain() throws {
        let small = try Self.operationsPerLink(50)
        let large = try Self.operationsPerLink(1_000)
        #expect(large <= small * 1.1, "\(small) operations a link of 50, \(large) of 1,000")
    }

    @Test("the row of a big group is told in steps while its children end")
    func bigRows() throws {
        let count = 4_000
        var machine = WorkflowMachine(workflow: try Self.fanOut(count, kind: "steps"))
        var told = 0
        try Self.drive(&machine) { turn in
            told += turn.changedNodes.count { $0.status.children.count > 512 }
        }
        #expect(machine.workflow.status.phase == .succeeded)
        #expect(told < 100)
    }

    static func operationsPerPod(_ count: Int, kind: String) throws -> Double {
        var machine = WorkflowMachine(workflow: try Self.fanOut(count, kind: kind))
        try Self.drive(&machine) { _ in }
        #expect(machine.workflow.status.phase == .succeeded)
        return Double(machine.operationCount) / Double(count)
    }

    static func operationsPerLink(_ count: Int) throws -> Double {
        let tasks = (0..<count).map { index -> JSONValue in
            var task: JSONObject = ["name": .string("t\(index)"), "template": "pod"]
            if index > 0 { task["dependencies"] = [.string("t\(index - 1)")] }
            return .object(task)
        }
        var machine = WorkflowMachine(workflow: try Self.workflow(["name": "main", "dag": ["tasks": .array(tasks)]]))
        try Self.drive(&machine) { _ in }
        #expect(machine.workflow.status.phase == .succeeded)
        return Double(machine.operationCount) / Double(count)
    }

    static func fanOut(_ count: Int, kind: String) throws -> Workflow {
        let call: JSONValue = [
            "name": "work", "template": "pod", "withSequence": ["count": .integer(count)],
            "arguments": ["parameters": [["name": "n", "value": "{{item}}"]]],
        ]
        return try Self.workflow(
            kind == "dag" ? ["name": "main", "dag": ["tasks": [call]]] : ["name": "main", "steps": [[call]]])
    }

    static func workflow(_ main: JSONValue) throws -> Workflow {
        let pod: JSONValue = [
            "name": "pod", "inputs": ["parameters": [["name": "n", "value": "0"]]],
            "container": ["image": "x", "command": ["echo"], "args": ["{{inputs.parameters.n}}"]],
        ]
        return try Workflow(
            json: [
                "metadata": ["name": "big", "namespace": "default", "uid": "uid"],
                "spec": ["entrypoint": "main", "templates": [main, pod]],
            ], at: DecodingPlace())
    }

    /// Starts and ends every pod in the order of its launch.
    static func drive(_ machine: inout WorkflowMachine, _ look: (Turn) -> Void) throws {
        let now = Timestamp(seconds: 1_767_225_600)
        var open: [PodIdentity] = []
        var next = 0
        func take(_ turn: Turn) {
            look(turn)
            for decision in turn.decisions {
                if case .startPod(let launch) = decision { open.append(launch.identity) }
            }
        }
        take(machine.apply(.submitted, in: Surroundings(now: now)))
        while next < open.count {
            var report = PodReport()
            report.identity = open[next]
            report.phase = .running
            take(machine.apply(.podReported(report), in: Surroundings(now: now)))
            report.phase = .succeeded
            report.exitCode = 0
            take(machine.apply(.podReported(report), in: Surroundings(now: now)))
            next += 1
        }
    }

    @Test(
        "prints what a transition takes", .enabled(if: ProcessInfo.processInfo.environment["ENGINE_BENCH"] != nil))
    func bench() throws {
        for count in [1_000, 10_000, 100_000] {
            for kind in ["steps", "dag"] {
                let workflow = try Self.fanOut(count, kind: kind)
                let start = ContinuousClock.now
                var machine = WorkflowMachine(workflow: workflow)
                var transitions = 0
                try Self.drive(&machine) { transitions += $0.changedNodes.count { $0.status.type == .pod } }
                let seconds = (ContinuousClock.now - start) / .seconds(1)
                Swift.print(
                    "\(kind) \(count): \(transitions) transitions, \(Int(Double(transitions) / seconds)) a second")
            }
        }
    }
}
