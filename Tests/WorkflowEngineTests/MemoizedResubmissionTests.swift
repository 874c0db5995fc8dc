import Model
import OrderedCollections
import TestSupport
import Testing
import WorkflowEngine

/// Workflows that begin with the nodes of another, of which some are called late, differently or not at all.
@Suite("Memoized resubmission")
struct MemoizedResubmissionTests {
    /// The workflow as it ended, resubmitted.
    private static func resubmission(of script: PodScript) throws -> PodScript {
        #expect(script.phase == .failed)
        var random = SplitMix64(seed: 1)
        let copy = try script.whole.resubmission(isMemoized: true, now: script.now, using: &random)
        return PodScript(copy)
    }

    private static func ended(
        _ templates: String, outcome: @escaping @Sendable (PodLaunch) -> PodReport?
    ) throws -> PodScript {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  templates:
                  - {name: pod, container: {image: x, command: ["true"]}}
                \(templates)
                """)
        script.outcome = outcome
        script.run()
        return script
    }

    private static func node(_ place: String, in script: PodScript) -> NodeStatus? {
        script.node(script.machine.workflow.metadata.name + place)
    }

    @Test("a retried node that is called late goes on with the attempt that it was brought with")
    func lateAttempts() throws {
        let script = try Self.ended(
            """
              - name: main
                steps: [[{name: a, template: pod, continueOn: {failed: true}}], [{name: b, template: again}]]
              - {name: again, retryStrategy: {limit: "1"}, container: {image: x, command: ["true"]}}
            """
        ) { _ in PodScript.failure() }
        var again = try Self.resubmission(of: script)
        again.run()
        #expect(again.phase == .succeeded)
        let name = again.machine.workflow.metadata.name
        #expect(again.launches.map(\.nodeName) == ["\(name)[0].a", "\(name)[1].b(1)"])
    }

    @Test("an attempt that was replaced stays as it ended, however often the workflow is resubmitted")
    func replacedAttempts() throws {
        var script = try Self.ended(
            """
              - {name: main, steps: [[{name: a, template: inner}]]}
              - name: inner
                retryStrategy: {limit: "1"}
                steps: [[{name: b, template: again, hooks: {exit: {template: pod}}}], [{name: c, template: pod}]]
              - {name: again, retryStrategy: {limit: "1"}, container: {image: x, command: ["true"]}}
            """
        ) { $0.nodeName.hasSuffix(".c") ? PodScript.failure() : PodScript.success() }
        for _ in 0..<2 {
            script = try Self.resubmission(of: script)
            let replaced = script.machine.nodes.map(\.status).filter { $0.name.contains("a(0)") }
            #expect(replaced.count == 7)
            #expect(replaced.allSatisfy { $0.phase.isFulfilled })
            script.outcome = { _ in PodScript.failure() }
            script.run()
        }
        #expect(throws: Never.self) { try RetryPlan(of: script.whole, now: script.now) }
    }

    @Test("items that a loop no longer has are omitted, and never run")
    func formerItems() throws {
        let script = try Self.ended(
            """
              - name: main
                steps:
                - - {name: a, template: script, continueOn: {failed: true}}
                - - {name: b, template: pod, withParam: "{{steps.a.outputs.result}}"}
              - {name: script, script: {image: x, command: [sh], source: list}}
            """
        ) { _ in
            var report = PodScript.failure()
            report.outputs = Outputs()
            report.outputs?.result = #"["old"]"#
            return report
        }
        var again = try Self.resubmission(of: script)
        again.outcome = { _ in
            var outputs = Outputs()
            outputs.result = #"["new"]"#
            return PodScript.success(outputs)
        }
        again.run()
        #expect(again.phase == .succeeded)
        #expect(Self.node("[1].b(0:new)", in: again)?.phase == .succeeded)
        #expect(Self.node("[1].b(0:old)", in: again)?.phase == .omitted)
    }

    @Test("a step whose condition holds no more is skipped, with all that it was brought with")
    func formerCondition() throws {
        let script = try Self.ended(
            """
              - name: main
                steps:
                - - {name: a, template: pod, continueOn: {failed: true}}
                - - {name: b, template: inner, when: "{{steps.a.status}} == Failed"}
              - {name: inner, steps: [[{name: c, template: pod}]]}
            """
        ) { _ in PodScript.failure() }
        var again = try Self.resubmission(of: script)
        again.run()
        #expect(again.phase == .succeeded)
        #expect(again.launches.count == 1)
        #expect(Self.node("[1].b", in: again)?.phase == .skipped)
        #expect(Self.node("[1].b[0].c", in: again)?.phase == .omitted)
    }

    @Test("a loop that has become empty is skipped, and what depends on it begins")
    func emptyLoop() throws {
        let script = try Self.ended(
            """
              - name: main
                dag:
                  tasks:
                  - {name: a, template: script, continueOn: {failed: true}}
                  - {name: b, template: inner, depends: a.Failed || a.Succeeded, withParam: "{{tasks.a.outputs.result}}"}
                  - {name: c, template: pod, depends: b}
              - {name: inner, steps: [[{name: d, template: pod}]]}
              - {name: script, script: {image: x, command: [sh], source: list}}
            """
        ) { _ in
            var report = PodScript.failure()
            report.outputs = Outputs()
            report.outputs?.result = "[1]"
            return report
        }
        var again = try Self.resubmission(of: script)
        again.outcome = { _ in
            var outputs = Outputs()
            outputs.result = "[]"
            return PodScript.success(outputs)
        }
        again.run()
        #expect(again.phase == .succeeded)
        #expect(Self.node(".b", in: again)?.phase == .skipped)
        #expect(Self.node(".c", in: again)?.phase == .succeeded)
    }

    @Test("after a crash no more pods run than before it")
    func placesAfterCrash() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  parallelism: 1
                  templates:
                  - {name: main, dag: {failFast: false, tasks: [{name: a, template: pod}, {name: b, template: pod}]}}
                  - {name: pod, container: {image: x, command: ["true"]}}
                """)
        script.outcome = { _ in PodScript.failure() }
        script.run()
        var again = try Self.resubmission(of: script)
        again.apply(.submitted)
        #expect(again.launches.count == 1)
        #expect(again.recovered.outstanding.pods.count == 1)
        #expect(again.afterCrash().launches.isEmpty)
    }

    @Test("it can be retried, although what its nodes followed is gone")
    func retry() throws {
        let script = try Self.ended(
            """
              - name: main
                steps:
                - - {name: a, template: pod, continueOn: {failed: true}}
                - - {name: b, template: pod, when: "1 == 2"}
                - - {name: c, template: pod}
            """
        ) { _ in PodScript.failure() }
        var again = try Self.resubmission(of: script)
        again.outcome = { _ in PodScript.failure() }
        again.run()
        #expect(again.phase == .failed)
        #expect(throws: Never.self) { try RetryPlan(of: again.whole, now: again.now) }
    }

    @Test("it can be retried, although the task that a loop followed is gone")
    func retryOfLoop() throws {
        let script = try Self.ended(
            """
              - name: main
                dag:
                  tasks:
                  - {name: a, template: pod, continueOn: {failed: true}}
                  - {name: b, template: pod, depends: a.Failed || a.Succeeded, when: "1 == 2"}
                  - {name: c, template: pod, depends: b, withItems: [1, 2]}
            """
        ) { _ in PodScript.failure() }
        var again = try Self.resubmission(of: script)
        again.outcome = { _ in PodScript.failure() }
        again.run()
        #expect(again.phase == .failed)
        #expect(throws: Never.self) { try RetryPlan(of: again.whole, now: again.now) }
    }

    @Test(
        "a loop of many items that is called late lists each of them once",
        arguments: [
            "steps: [[{name: a, template: pod, continueOn: {failed: true}}], [{%}]]",
            "dag: {tasks: [{name: a, template: pod, continueOn: {failed: true}}, {%, depends: a || a.Failed}]}",
        ])
    func bigLoops(kind: String) throws {
        let script = try Self.ended(
            """
              - name: main
                \(kind.replacing("%", with: "name: b, template: pod, withSequence: {count: 600}"))
            """
        ) { _ in PodScript.failure() }
        var again = try Self.resubmission(of: script)
        #expect(again.machine.nodes.contains { $0.status.children.count == 600 })
        again.apply(.submitted)
        while again.launches.count < 601, again.step() {}
        #expect(again.launches.count == 601)
        for node in again.machine.nodes {
            #expect(Set(node.status.children).count == node.status.children.count, "\(node.status.name)")
        }
    }

    @Test("a pod that waits for a lock starts when it has the lock, as a new one does")
    func lockedPod() throws {
        let script = try Self.ended(
            """
              - name: main
                synchronization: {mutexes: [{name: m}]}
                container: {image: x, command: ["true"]}
            """
        ) { _ in PodScript.failure() }
        var again = try Self.resubmission(of: script)
        again.apply(.submitted)
        #expect(Self.node("", in: again)?.startedAt == nil)
        again.now = again.now + GoDuration(seconds: 5)
        again.hearNotices()
        #expect(again.launches.count == 1)
        #expect(Self.node("", in: again)?.startedAt == again.now)
    }

    @Test(
        "what is called only by a recovery, or waits for a lock in a crash, gets its inputs from the new workflow",
        arguments: ["", "synchronization: {mutexes: [{name: m}]}, "])
    func inputsAfterCrash(lock: String) throws {
        let script = try Self.ended(
            """
              - name: main
                steps:
                - - {name: a, template: pod, continueOn: {failed: true}}
                - - name: b
                    template: echo
                    arguments: {parameters: [{name: p, value: "{{workflow.name}}"}]}
              - {name: echo, inputs: {parameters: [{name: p}]}, retryStrategy: {limit: "0"}, \(lock)container: \
              {image: x, command: ["true"], args: ["{{inputs.parameters.p}}"]}}
            """
        ) { _ in PodScript.failure() }
        var again = try Self.resubmission(of: script)
        again.apply(.submitted)
        again.apply(.suspended)
        again.run()
        again = again.afterCrash().afterCrash()
        again.apply(.resumed(selector: nil, by: nil))
        again.run()
        #expect(again.phase == .succeeded)
        #expect(again.launches.map(\.container.args) == [[again.machine.workflow.metadata.name]])
    }

    @Test("a task runs only if what it depends on has come to that now")
    func dependsAnew() throws {
        let script = try Self.ended(
            """
              - name: main
                dag: {tasks: [{name: a, template: pod}, {name: b, template: pod, depends: a.Failed}]}
            """
        ) { _ in PodScript.failure() }
        var again = try Self.resubmission(of: script)
        again.run()
        #expect(again.phase == .succeeded)
        #expect(Self.node(".b", in: again)?.phase == .omitted)
    }
}
