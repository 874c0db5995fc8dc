import JSON
import Model
import OrderedCollections
import TestSupport
import Testing
import WorkflowEngine

@Suite("WorkflowMachine")
struct WorkflowMachineTests {
    @Test("a late report of a finished pod changes nothing")
    func lateReport() throws {
        var script = try PodScript(yaml: Self.single)
        script.run()
        let rows = script.machine.nodes
        var report = PodScript.failure()
        report.identity = script.launches[0].identity
        let turn = script.machine.applied(.podReported(report), at: script.now)
        #expect(turn.isEmpty)
        #expect(script.machine.nodes == rows)
    }

    @Test("fields that a pod's backend ignores are named once in the condition SpecWarning")
    func ignoredFields() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf, uid: u}
                spec:
                  entrypoint: main
                  tolerations: [{key: a}]
                  hostAliases: [{ip: 1.2.3.4}]
                  templates:
                  - name: main
                    affinity: {nodeAffinity: {}}
                    container: {image: a, command: [a]}
                """)
        script.apply(.submitted)
        let launch = try #require(script.launches.first)
        #expect(launch.clusterFields == ["affinity", "tolerations", "hostAliases"])
        var report = PodReport()
        report.identity = launch.identity
        report.phase = .running
        for fields in [["affinity"], ["affinity", "tolerations"]] {
            report.ignoredFields = fields
            script.apply(.podReported(report))
        }
        let condition = script.machine.workflow.status.conditions.first { $0.type == "SpecWarning" }
        #expect(condition?.message == "the pods' backend ignores: affinity, tolerations")
        #expect(script.machine.applied(.podReported(report), at: script.now).isEmpty)
    }

    @Test("each attempt at a pod has a span of its own in the workflow's trace")
    func spans() throws {
        var script = try PodScript(
            yaml: """
                metadata:
                  name: wf
                  annotations: {workflows.argoproj.io/trace-id: 4bf92f3577b34da6a3ce929d0e0e4736}
                spec:
                  entrypoint: main
                  templates:
                  - {name: main, retryStrategy: {limit: "1"}, container: {image: x, command: ["false"]}}
                """)
        script.outcome = { _ in PodScript.failure() }
        script.run()
        let traces = script.launches.map { TraceContext(annotations: $0.annotations) }
        #expect(traces.map { $0?.traceID } == Array(repeating: "4bf92f3577b34da6a3ce929d0e0e4736", count: 2))
        #expect(Set(traces.map { $0?.spanID }).count == 2)
    }

    @Test("a report of another attempt changes nothing")
    func otherAttempt() throws {
        var script = try PodScript(yaml: Self.single)
        script.apply(.submitted)
        var report = PodScript.success()
        report.identity = script.launches[0].identity
        report.identity.attempt += 1
        #expect(script.machine.applied(.podReported(report), at: script.now).isEmpty)
    }

    @Test(
        "templates that call themselves without end are stopped at the depth limit",
        arguments: ["steps: [[{name: again, template: main}]]", "dag: {tasks: [{name: again, template: main}]}"])
    func recursion(body: String) throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec: {entrypoint: main, templates: [{name: main, \(body)}]}
                """)
        script.run()
        #expect(script.phase == .failed || script.phase == .error)
        #expect(
            script.machine.nodes.contains { $0.status.message?.hasPrefix("Maximum recursion depth exceeded") == true })
    }

    @Test("the exit handler of a loop counts the templates around the loop")
    func recursionInExitHandler() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  templates:
                  - {name: main, dag: {tasks: [{name: around, template: around}]}}
                  - name: around
                    dag:
                      tasks:
                      - {name: loop, template: pod, withItems: [1], hooks: {exit: {template: endless}}}
                  - {name: endless, steps: [[{name: again, template: endless}]]}
                  - {name: pod, container: {image: a, command: [b]}}
                """)
        script.run()
        let nodes = script.whole.status.nodes
        let depths = nodes.values.map { node in
            sequence(first: node) { $0.boundaryID.flatMap { nodes[$0] } }.reduce(-1) { count, _ in count + 1 }
        }
        #expect(depths.max() == WorkflowMachine.maximumDepth)
    }

    @Test("a retried workflow runs what failed again, under a new attempt, and keeps what succeeded")
    func retry() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  onExit: pod
                  templates:
                  - name: main
                    dag:
                      tasks:
                      - {name: a, template: pod}
                      - {name: b, template: pod, dependencies: [a]}
                      - {name: c, template: pod, dependencies: [b]}
                  - {name: pod, container: {image: x, command: ["true"]}}
                """)
        script.outcome = { $0.nodeName == "wf.b" ? PodScript.failure() : PodScript.success() }
        script.run()
        #expect(script.phase == .failed)
        var again = try script.retried()
        again.run()
        #expect(again.phase == .succeeded)
        #expect(again.launches.map(\.nodeName) == ["wf.b", "wf.c", "wf.onExit"])
        #expect(again.launches.allSatisfy { $0.identity.attempt == 1 })
    }

    @Test("a workflow whose arguments could not be read begins anew when it is retried, labels and all")
    func retryOfUnreadArguments() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  arguments: {parameters: [{name: p, valueFrom: {configMapKeyRef: {name: map, key: k}}}]}
                  workflowMetadata: {labels: {p: "{{workflow.parameters.p}}"}}
                  templates: [{name: main, container: {image: x, command: [x], args: ["{{workflow.parameters.p}}"]}}]
                """)
        script.run()
        #expect(script.phase == .failed)
        #expect(script.machine.workflow.status.message?.hasPrefix("failed to set global parameters") == true)
        #expect(script.machine.nodes.isEmpty)
        script.catalog.parameterConfigMaps["default/map"] = ["k": "v"]
        var again = try script.retried()
        again.run()
        #expect(again.phase == .succeeded)
        #expect(again.launches.map(\.container.args) == [["v"]])
        #expect(again.machine.workflow.metadata.labels["p"] == "v")
        #expect(again.machine.workflow.status.message == nil)
    }

    @Test("a kind of a later version is one clear error on its node", arguments: ["http", "resource", "data"])
    func unsupported(kind: String) throws {
        let bodies = [
            "http": "{url: 'http://x'}", "resource": "{action: get}",
            "data": "{source: {artifactPaths: {name: a}}, transformation: [{expression: data}]}",
        ]
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  templates:
                  - name: main
                    \(kind): \(bodies[kind] ?? "{}")
                """)
        script.run()
        #expect(script.phase == .error)
        #expect(
            script.node("wf")?.message
                == "template 'main' uses '\(kind)', which this version of Apus does not run yet")
    }

    private func patched(_ patch: String) throws -> PodScript {
        var script = try PodScript(
            yaml: """
                spec:
                  entrypoint: main
                  arguments: {parameters: [{name: colour, value: red}]}
                  podSpecPatch: \(JSONValue.string(patch).text)
                  templates: [{name: main, container: {image: busybox, command: [env]}}]
                """)
        script.run()
        return script
    }

    @Test(
        "a pod spec patch is followed in YAML as in JSON",
        arguments: [
            #"{"containers": [{"name": "main", "env": [{"name": "COLOUR", "value": "#
                + #""{{workflow.parameters.colour}}"}]}]}"#,
            "containers:\n- name: main\n  env:\n  - name: COLOUR\n    value: {{workflow.parameters.colour}}\n",
        ])
    func podSpecPatch(patch: String) throws {
        let script = try self.patched(patch)
        #expect(script.phase == .succeeded)
        #expect(script.launches.first?.container.env.map { "\($0.name)=\($0.value ?? "")" } == ["COLOUR=red"])
    }

    @Test("a pod spec patch that is neither JSON nor YAML is an error on its node")
    func brokenPodSpecPatch() throws {
        let script = try self.patched("containers: [")
        #expect(script.node("wf")?.phase == .error)
        #expect(script.node("wf")?.message?.contains("podSpecPatch is no object in JSON or YAML") == true)
        #expect(script.launches.isEmpty)
    }

    @Test("the log that a runner has saved is among the node's outputs, of failed pods too", arguments: [0, 1])
    func archivedLog(code: Int) throws {
        var script = try PodScript(
            yaml: """
                spec:
                  entrypoint: main
                  archiveLogs: true
                  templates: [{name: main, container: {image: busybox, command: [env]}}]
                """)
        script.outcome = { launch in
            var report = code == 0 ? PodScript.success() : PodScript.failure(code)
            var log = Artifact()
            log.name = "main-logs"
            log.location.s3 = S3Artifact()
            log.location.s3?.key = launch.logKey
            report.outputs = Outputs()
            report.outputs?.artifacts = [log]
            return report
        }
        script.run()
        let outputs = try #require(script.node("wf")?.outputs)
        #expect(outputs.artifacts.map(\.name) == ["main-logs"])
        #expect(outputs.artifacts.first?.location.s3?.key == "wf/wf/main.log")
        #expect(outputs.exitCode == String(code))
    }

    @Test("a suspended workflow begins nothing until it is resumed, also after a recovery")
    func suspension() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  templates:
                  - name: main
                    steps: [[{name: a, template: pod}], [{name: b, template: pod}]]
                  - {name: pod, container: {image: x, command: ["true"]}}
                """)
        script.apply(.submitted)
        script.apply(.suspended)
        script.run()
        #expect(script.launches.map(\.nodeName) == ["wf[0].a"])
        var again = script.afterCrash()
        again.run()
        #expect(again.launches.isEmpty)
        again.apply(.resumed(selector: nil, by: nil))
        again.run()
        #expect(again.launches.map(\.nodeName) == ["wf[1].b"])
        #expect(again.phase == .succeeded)
    }

    @Test("a template's parallelism holds, and its waiting steps begin in their order")
    func templateParallelism() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  templates:
                  - name: main
                    parallelism: 2
                    steps: [[{name: a, template: pod, withSequence: {count: "5"}}]]
                  - {name: pod, container: {image: x, command: ["true"]}}
                """)
        script.apply(.submitted)
        #expect(script.launches.count == 2)
        _ = script.step()
        #expect(script.launches.count == 3)
        script.run()
        #expect(script.launches.map(\.nodeName) == (0..<5).map { "wf[0].a(\($0):\($0))" })
        #expect(script.phase == .succeeded)
    }

    @Test("items that are skipped leave their places to the next")
    func skippedItems() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  templates:
                  - name: main
                    parallelism: 1
                    steps:
                    - - {name: a, template: pod, withItems: [run, skip, skip, run], when: "{{item}} == run"}
                  - {name: pod, container: {image: x, command: ["true"]}}
                """)
        script.run()
        #expect(script.phase == .succeeded)
        #expect(script.launches.map(\.nodeName) == ["wf[0].a(0:run)", "wf[0].a(3:run)"])
    }

    @Test("a template that fails fast ends what waits within it, and begins nothing more")
    func failFast() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  onExit: pod
                  templates:
                  - name: main
                    failFast: true
                    dag:
                      tasks:
                      - {name: a, template: pod}
                      - {name: b, template: patient}
                      - {name: c, template: hold}
                      - {name: d, template: pod, depends: "a.Succeeded || a.Failed", withItems: [1]}
                  - {name: pod, container: {image: x, command: ["true"]}}
                  - {name: hold, suspend: {}}
                  - name: patient
                    retryStrategy: {limit: "1", backoff: {duration: 1h}}
                    container: {image: x, command: ["true"]}
                """)
        script.outcome = { $0.nodeName == "wf.onExit" ? nil : PodScript.failure() }
        for _ in 0..<2 { _ = script.step() }
        script.apply(.submitted)
        for _ in 0..<3 { _ = script.step() }
        #expect(script.node("wf")?.phase == .failed)
        #expect(script.node("wf.b")?.phase == .failed)
        #expect(script.node("wf.c")?.phase == .failed)
        #expect(script.node("wf.d")?.phase == .failed)
        #expect(script.node("wf.d(0:1)") == nil)
        #expect(script.timers.isEmpty)
    }

    @Test("an attempt that waits for room does not begin once its workflow is stopped")
    func stoppedBeforeAttempt() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  parallelism: 1
                  templates:
                  - {name: main, steps: [[{name: a, template: again}, {name: b, template: pod}]]}
                  - {name: again, retryStrategy: {limit: 1}, container: {image: x, command: ["true"]}}
                  - {name: pod, container: {image: x, command: ["true"]}}
                """)
        script.outcome = { $0.nodeName == "wf[0].a(0)" ? PodScript.failure() : nil }
        script.run()
        #expect(script.launches.map(\.nodeName) == ["wf[0].a(0)", "wf[0].b"])
        script.apply(.stopped(message: nil, selector: nil))
        #expect(script.phase == .failed)
        #expect(script.node("wf[0].a")?.phase == .failed)
        #expect(script.node("wf[0].a(1)") == nil)
    }

    @Test("an attempt that is dropped while it waits for room leaves its place to the next")
    func placeOfDroppedAttempt() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  templates:
                  - name: main
                    parallelism: 1
                    steps:
                    - - {name: a, template: again}
                      - {name: b, template: pod, onExit: pod}
                      - {name: c, template: pod}
                  - {name: again, retryStrategy: {limit: 1}, container: {image: x, command: ["true"]}}
                  - {name: pod, container: {image: x, command: ["true"]}}
                """)
        script.outcome = {
            $0.nodeName == "wf[0].a(0)" ? PodScript.failure() : $0.nodeName == "wf[0].c" ? nil : PodScript.success()
        }
        script.run()
        #expect(script.launches.map(\.nodeName) == ["wf[0].a(0)", "wf[0].b", "wf[0].c"])
        script.apply(.stopped(message: nil, selector: nil))
        #expect(script.launches.last?.nodeName == "wf[0].b.onExit")
        script.run()
        #expect(script.phase == .failed)
    }

    @Test("nothing begins in the turn in which an error of the entry template ends the workflow")
    func errorOfEntry() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  parallelism: 1
                  hooks: {running: {template: pod, expression: workflow.status == "Running"}}
                  templates:
                  - name: main
                    steps: [[{name: a, template: pod}]]
                    outputs: {parameters: [{name: o, valueFrom: {parameter: "{{steps.a.outputs.parameters.none}}"}}]}
                  - {name: pod, container: {image: x, command: ["true"]}}
                """)
        script.run()
        #expect(script.phase == .error)
        #expect(script.launches.map(\.nodeName) == ["wf[0].a"])
    }

    @Test("a loop waits for all of its items, although one of them ends in one turn with its hook")
    func hookEndsWithItem() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  templates:
                  - name: main
                    steps:
                    - - name: a
                        template: patched
                        arguments: {parameters: [{name: patch, value: "{{item}}"}]}
                        withItems: ["[]", "{}"]
                        hooks: {failing: {template: refused, expression: steps.a.status == "Error"}}
                  - name: patched
                    inputs: {parameters: [{name: patch}]}
                    retryStrategy: {limit: 0}
                    podSpecPatch: "{{inputs.parameters.patch}}"
                    container: {image: x, command: ["true"]}
                  - {name: refused, podSpecPatch: "[]", container: {image: x, command: ["true"]}}
                """)
        script.run()
        #expect(script.launches.map(\.nodeName) == ["wf[0].a(1:{})(0)"])
        #expect(script.node("wf[0].a(0:[])")?.phase == .error)
        #expect(script.node("wf[0].a(1:{})")?.phase == .succeeded)
        #expect(script.phase == .failed)
    }

    @Test("waits between attempts grow by the factor, and the message says how long")
    func backoff() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  templates:
                  - name: main
                    retryStrategy: {limit: "2", backoff: {duration: "10", factor: "3"}}
                    container: {image: x, command: ["false"]}
                """)
        script.outcome = { _ in PodScript.failure() }
        script.apply(.submitted)
        _ = script.step()
        #expect(script.node("wf")?.message == "Backoff for 10 seconds")
        _ = script.step()
        _ = script.step()
        #expect(script.node("wf")?.message == "Backoff for 30 seconds")
        script.run()
        #expect(script.node("wf")?.message == "No more retries left")
        #expect(script.launches.count == 3)
    }

    @Test("spans and amounts beyond all bounds fail no machine")
    func boundless() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  activeDeadlineSeconds: 9223372036854775807
                  templates:
                  - name: main
                    steps: [[{name: a, template: pod}, {name: b, template: pod}], [{name: c, template: wait}]]
                  - name: pod
                    activeDeadlineSeconds: "9223372036854775807"
                    retryStrategy: {limit: 3, backoff: {duration: -2562047h, factor: 100}}
                    container: {image: x, command: ["false"]}
                  - {name: wait, suspend: {duration: 2562047h}}
                """)
        script.outcome = { launch in
            var report = launch.nodeName.hasSuffix("(3)") ? PodScript.success() : PodScript.failure()
            report.progress = "9223372036854775807/9223372036854775807"
            report.resourcesDuration = ["cpu": .max]
            return report
        }
        script.apply(.submitted)
        while script.node("wf[1].c") == nil, script.step() {}
        #expect(script.launches.count == 8)
        #expect(script.node("wf[1].c")?.phase == .running)
        #expect(script.timers[.suspendEnd(script.node("wf[1].c")?.id ?? "")] == Timestamp(nanoseconds: .max))
        #expect(script.machine.workflow.status.resourcesDuration["cpu"] == .max)
        script.apply(.resumed(selector: nil, by: nil))
        #expect(script.phase == .succeeded)
        #expect(script.machine.workflow.status.progress == "3/9")
    }

    @Test("terminating stops pods, skips the exit handler, and the workflow says why")
    func terminate() throws {
        var script = try PodScript(
            yaml: Self.single.replacing("entrypoint: main", with: "entrypoint: main\n  onExit: main"))
        script.apply(.submitted)
        script.apply(.terminated)
        #expect(script.phase == .failed)
        #expect(script.machine.workflow.status.message == "Stopped with strategy 'Terminate'")
        #expect(script.node("wf")?.message == "workflow shutdown with strategy:  Terminate")
        #expect(script.launches.count == 1)
    }

    static let single = """
        metadata: {name: wf}
        spec:
          entrypoint: main
          templates:
          - {name: main, container: {image: x, command: ["true"]}}
        """
}

extension WorkflowMachine {
    func applied(_ event: Event, at now: Timestamp) -> Turn {
        var copy = self
        return copy.apply(event, in: Surroundings(now: now))
    }
}
