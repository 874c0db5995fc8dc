import ActorTransport
import JSON
import Model
import Scheduler
import Telemetry
import TestSupport
import Testing

@Suite("SchedulerMetrics", .timeLimit(.minutes(1)))
struct SchedulerMetricsTests {
    @Test("workflows and pods are counted by the phases that they enter, and what runs by the phase it is in")
    func counting() async throws {
        let runner = FakeRunner(.wait)
        try await TestCluster.with(store: MemoryStore(), runner: runner) { cluster in
            _ = try await cluster.create("a", pods: 2, width: 2)
            while runner.running.count < 2 { try await Pause.brief() }
            var text = await cluster.metrics.text()
            #expect(text.contains("\nargo_workflows_total_count{phase=\"Running\",namespace=\"argo\"} 1\n"))
            #expect(text.contains("\nargo_workflows_gauge{phase=\"Running\"} 1\n"))
            #expect(text.contains("\nargo_workflows_pods_gauge{phase=\"Running\"} 2\n"))
            #expect(text.contains("\nargo_workflows_pods_total_count{phase=\"Pending\",namespace=\"argo\"} 2\n"))
            #expect(text.contains("\napus_shards_owned 256\n"))
            #expect(text.contains("\napus_runners 1\n"))
            for (pod, phase) in zip(runner.running, [NodePhase.succeeded, .failed]) { runner.end(pod, phase) }
            // What is committed can be read a moment before it is counted.
            repeat {
                try await Pause.brief()
                text = await cluster.metrics.text()
            } while !text.contains("\nargo_workflows_pods_gauge{phase=\"Running\"} 0\n")
            #expect(text.contains("\nargo_workflows_total_count{phase=\"Failed\",namespace=\"argo\"} 1\n"))
            #expect(text.contains("\nargo_workflows_gauge{phase=\"Running\"} 0\n"))
            for phase in ["Succeeded", "Failed"] {
                #expect(
                    text.contains("\nargo_workflows_pods_total_count{phase=\"\(phase)\",namespace=\"argo\"} 1\n"))
            }
            #expect(!text.contains("argo_workflows_operation_duration_seconds_count 0\n"))
        }
    }

    @Test("workflows that are made of a template alone are counted by it, with the phases that they enter")
    func templates() async throws {
        try await TestCluster.with(store: MemoryStore(), machines: .workflowMachines) { cluster in
            for (kind, name) in [(ObjectKind.workflowTemplate, "shape"), (.clusterWorkflowTemplate, "wide")] {
                let template: JSONValue = [
                    "metadata": ["name": .string(name)],
                    "spec": [
                        "entrypoint": "main", "templates": [["name": "main", "container": ["image": "busybox"]]],
                    ],
                ]
                _ = try await cluster.client.createObject(kind, namespace: "argo", object: template)
                for number in 1...2 {
                    let reference: JSONValue = [
                        "name": .string(name), "clusterScope": .bool(kind == .clusterWorkflowTemplate),
                    ]
                    let workflow: JSONValue = [
                        "metadata": ["name": .string("\(name)-\(number)")], "spec": ["workflowTemplateRef": reference],
                    ]
                    _ = try await cluster.client.createWorkflow(
                        CreateWorkflow(namespace: "argo", workflow: workflow))
                }
            }
            _ = try await cluster.create("other")
            for name in ["shape-1", "shape-2", "wide-1", "wide-2", "other"] { _ = try await cluster.waitForEnd(name) }
            let counter = "\nargo_workflows_workflowtemplate_triggered_total"
            let expected = [("shape", false), ("wide", true)].flatMap { name, isWide in
                ["Running", "Succeeded"].map { phase in
                    "\(counter){name=\"\(name)\",namespace=\"argo\",cluster_scope=\"\(isWide)\",phase=\"\(phase)\"} 2\n"
                }
            }
            var text = await cluster.metrics.text()
            // What is committed can be read a moment before it is counted.
            while !expected.allSatisfy({ text.contains($0) }) {
                try await Pause.brief()
                text = await cluster.metrics.text()
            }
            #expect(text.ranges(of: counter + "{").count == 4)
        }
    }

    @Test("a commit that fails is counted, and what it would have done is not")
    func failures() async throws {
        let store = FaultyStore(MemoryStore())
        try await TestCluster.with(store: store) { cluster in
            store.fail(1, .before)
            await #expect(throws: (any Error).self) { _ = try await cluster.create("a") }
            let text = await cluster.metrics.text()
            #expect(text.contains("\napus_commit_failures_total{reason=\"unknown\"} 1\n"))
            #expect(!text.contains("argo_workflows_total_count{"))
        }
    }
}
