import ActorTransport
import JSON
import Model
import OrderedCollections
import Testing
import WorkflowEngine

@testable import Scheduler

@Suite("Resting workflows")
struct RestingWorkflowTests {
    /// A shard with a workflow that waits for one that runs.
    private struct Waiting {
        var state = ShardState(shard: 7, epoch: 3, machines: .workflowMachines)
        var limits = ParallelismLimits()
        var asked: [LockRequest] = []
        var catalog = TemplateCatalog()

        /// What the pod is told of the workflow.
        private static let values: [JSONValue] = [
            "{{workflow.parameters.p}}", "{{workflow.parameters.c}}", "{{workflow.labels.lab}}",
            "{{workflow.annotations.ann}}", "{{workflow.labels.late}}",
        ]

        init() throws {
            self.catalog.parameterConfigMaps["default/m"] = ["k": "v"]
            self.limits.isLimited = true
            let workflow = try Workflow(
                json: [
                    "metadata": [
                        "name": "w", "namespace": "default", "uid": "u", "creationTimestamp": "2026-01-01T00:00:00Z",
                    ],
                    "spec": [
                        "entrypoint": "main",
                        "arguments": [
                            "parameters": [
                                ["name": "p", "value": "hi"],
                                ["name": "c", "valueFrom": ["configMapKeyRef": ["name": "m", "key": "k"]]],
                            ]
                        ],
                        "workflowMetadata": [
                            "labels": ["lab": "{{workflow.parameters.p}}"],
                            "annotations": ["ann": "x-{{workflow.parameters.p}}"],
                            "labelsFrom": ["late": ["expression": "workflow.parameters.p + '-late'"]],
                        ],
                        "templates": [
                            [
                                "name": "main",
                                "container": ["image": "a", "command": ["echo"], "args": .array(Self.values)],
                            ]
                        ],
                    ],
                ], at: DecodingPlace())
            let machine = WorkflowMachine(workflow: workflow)
            self.turn { $0.add(workflow, machine: machine, to: &$1) }
            try self.hear(.waiting)
        }

        /// A turn that is committed; answers its effects.
        @discardableResult
        mutating func turn(_ body: (inout ShardState, inout ShardTurn) -> Void) -> [ShardTurn.Effect] {
            var turn = ShardTurn(
                surroundings: Surroundings(
                    now: Timestamp(seconds: 1_767_225_601), catalog: self.catalog, parallelism: self.limits),
                book: PlacementBook(silenceLimit: .seconds(60)))
            body(&self.state, &turn)
            _ = self.state.change(of: &turn)
            self.state.settle(turn)
            for case .askLock(let request, _) in turn.effects { self.asked.append(request) }
            return turn.effects
        }

        @discardableResult
        mutating func hear(_ state: LockNotice.State) throws -> [ShardTurn.Effect] {
            let request = try #require(self.asked.first)
            return self.turn { $0.take(LockNotice(state, of: request), in: &$1) }
        }
    }

    @Test("a workflow that waits for its first lock is kept as its rows alone, and counted")
    func rests() throws {
        let waiting = try Waiting()
        #expect(waiting.state.active.isEmpty)
        #expect(waiting.state.resting.count == 1)
        #expect(waiting.state.phases == ["Pending": 1])
        #expect(waiting.asked.count == 1)
    }

    @Test("it begins when the lock is its own, and asks for nothing again")
    func wakes() throws {
        var waiting = try Waiting()
        let effects = try waiting.hear(.granted)
        #expect(effects.contains { if case .launch = $0 { true } else { false } })
        #expect(waiting.state.resting.isEmpty)
        #expect(waiting.state.phases == ["Running": 1])
        #expect(waiting.asked.count == 1)
    }

    @Test("it goes on with the values that it had before, whatever has become of config maps")
    func values() throws {
        var waiting = try Waiting()
        waiting.catalog = TemplateCatalog()
        let launches = try waiting.hear(.granted).compactMap { effect in
            if case .launch(let pod) = effect { pod.launch.container.args } else { nil }
        }
        #expect(launches == [["hi", "v", "hi", "x-hi", "hi-late"]])
    }

    @Test("it rests again where what it was told changes nothing")
    func restsAgain() throws {
        var waiting = try Waiting()
        try waiting.hear(.waiting)
        #expect(waiting.state.resting.count == 1)
        #expect(waiting.state.active.isEmpty)
    }

    @Test("where something else is limited by now, it gives back the lock that it does not want and asks for the other")
    func otherLimits() throws {
        var waiting = try Waiting()
        waiting.limits.isNamespaceLimited = true
        waiting.limits.isLimited = false
        try waiting.hear(.granted)
        #expect(waiting.state.phases == ["Pending": 1])
        let later = waiting.asked.dropFirst()
        #expect(later.contains { $0.isReleased && $0.lock == waiting.asked[0].lock })
        #expect(later.contains { !$0.isReleased && $0.lock != waiting.asked[0].lock })
    }

    @Test("one that is stopped while it rests ends, and gives its place in the queue back")
    func stopped() throws {
        var waiting = try Waiting()
        waiting.turn { $0.apply(.terminated, to: "u", in: &$1) }
        #expect(waiting.state.resting.isEmpty)
        #expect(waiting.state.active.isEmpty)
        #expect(waiting.asked.last?.isReleased == true)
    }
}
