import JSON
import Model
import OrderedCollections
import TestSupport
import Testing
import WorkflowEngine

/// Nodes that are there already: after a crash, after a retry, in a resubmission.
@Suite("Takeover of nodes")
struct TakeoverTests {
    /// A step with a hook and an exit handler, each of which gives an output.
    private static let hooked = """
        metadata: {name: wf}
        spec:
          entrypoint: main
          templates:
          - name: main
            steps:
            - - name: a
                template: pod
                hooks:
                  running: {template: pod, expression: steps.a.status == "Running"}
                  exit: {template: pod}
          - name: pod
            container: {image: x, command: ["true"]}
            outputs: {parameters: [{name: o, valueFrom: {path: /o}}]}
        """

    private static func giving(_ value: String) -> @Sendable (PodLaunch) -> PodReport? {
        { _ in
            var outputs = Outputs()
            outputs.parameters = [Parameter(name: "o", value: value)]
            return PodScript.success(outputs)
        }
    }

    @Test("a hook that runs during a crash ends with its outputs, and its step waits for it")
    func hookDuringCrash() throws {
        var script = try PodScript(yaml: Self.hooked)
        script.outcome = { $0.nodeName.hasSuffix("running") ? nil : PodScript.success() }
        script.apply(.submitted)
        var report = PodReport()
        report.phase = .running
        report.identity = script.launches[0].identity
        script.apply(.podReported(report))
        #expect(script.node("wf[0].a.hooks.running")?.phase == .pending)
        var again = script.afterCrash()
        again.outcome = Self.giving("kept")
        again.run()
        #expect(again.phase == .succeeded)
        #expect(again.node("wf[0].a.hooks.running")?.outputs?.parameters.first?.value == "kept")
    }

    @Test("an exit handler that runs during a crash of a suspended workflow ends with its outputs")
    func suspendedDuringCrash() throws {
        var script = try PodScript(yaml: Self.hooked)
        script.outcome = { $0.nodeName.hasSuffix("onExit") ? nil : PodScript.success() }
        script.run()
        #expect(script.node("wf[0].a.onExit")?.phase == .pending)
        script.apply(.suspended)
        var again = script.afterCrash()
        again.outcome = Self.giving("kept")
        _ = again.step()
        #expect(again.node("wf[0].a.onExit")?.outputs?.parameters.first?.value == "kept")
        again.apply(.resumed(selector: nil, by: nil))
        again.run()
        #expect(again.phase == .succeeded)
    }

    @Test("a hook of the workflow that runs during a crash takes its place again before anything begins")
    func workflowHookDuringCrash() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  parallelism: 1
                  hooks: {running: {template: pod, expression: workflow.status == "Running"}}
                  templates:
                  - name: main
                    dag: {tasks: [{name: a, template: pod}, {name: b, template: pod, depends: a}]}
                  - {name: pod, container: {image: x, command: ["true"]}}
                """)
        script.outcome = { $0.nodeName == "wf.a" ? PodScript.success() : nil }
        script.run()
        #expect(script.launches.map(\.nodeName) == ["wf.a", "wf.hooks.running"])
        #expect(script.afterCrash().launches.isEmpty)
    }

    @Test("the items of a task that was omitted do not begin after a crash")
    func omittedLoop() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  templates:
                  - name: main
                    dag:
                      tasks:
                      - {name: a, template: pod}
                      - {name: b, template: pod, depends: a.Failed, withItems: [1, 2]}
                      - {name: c, template: pod, depends: b.Omitted}
                  - {name: pod, container: {image: x, command: ["true"]}}
                """)
        script.outcome = { $0.nodeName == "wf.a" ? PodScript.success() : nil }
        script.run()
        #expect(script.node("wf.b")?.phase == .omitted)
        var again = script.afterCrash()
        again.run()
        #expect(again.phase == .succeeded)
        #expect(again.machine.nodes.count == 4)
    }

    /// Two pods, of which the second fails at first.
    private static func failed(
        _ yaml: String, failing name: @escaping @Sendable (String) -> Bool
    ) throws -> PodScript {
        var script = try PodScript(yaml: yaml)
        script.outcome = { name($0.nodeName) ? PodScript.failure() : PodScript.success() }
        script.run()
        #expect(script.phase == .failed)
        return script
    }

    @Test("a memoized resubmission runs what failed, and keeps what succeeded")
    func memoized() throws {
        let script = try Self.failed(
            """
            metadata: {name: wf}
            spec:
              entrypoint: main
              templates:
              - name: main
                steps: [[{name: a, template: pod}], [{name: b, template: pod}], [{name: c, template: pod}]]
              - {name: pod, container: {image: x, command: ["true"]}}
            """, failing: { $0 == "wf[1].b" })
        var random = SplitMix64(seed: 1)
        var copy = try script.whole.resubmission(isMemoized: true, now: script.now, using: &random)
        copy.metadata.uid = "other"
        let name = copy.metadata.name
        var again = PodScript(copy)
        again.run()
        #expect(again.phase == .succeeded)
        #expect(again.launches.map(\.nodeName) == ["\(name)[1].b", "\(name)[2].c"])
        #expect(again.node("\(name)[0].a")?.phase == .skipped)
        #expect(again.node(name)?.phase == .succeeded)
        #expect(again.rows.count == again.machine.nodes.count)
    }

    @Test("after a retry only the last attempt at a call goes on")
    func attemptsAtCalls() throws {
        let script = try Self.failed(
            """
            metadata: {name: wf}
            spec:
              entrypoint: main
              templates:
              - name: main
                retryStrategy: {limit: "1"}
                steps: [[{name: a, template: pod}], [{name: b, template: pod}]]
              - {name: pod, container: {image: x, command: ["true"]}}
            """, failing: { $0.hasSuffix(".b") })
        var again = try script.retried()
        again.run()
        #expect(again.phase == .succeeded)
        #expect(again.launches.map(\.nodeName) == ["wf(1)[1].b"])
        #expect(again.node("wf(0)")?.phase == .failed)
        #expect(again.machine.nodes.allSatisfy { $0.status.phase.isFulfilled })
    }

    @Test("what stayed after a retry is waited for by name, although other pods take all places")
    func placesAfterRetry() throws {
        let script = try Self.failed(
            """
            metadata: {name: wf}
            spec:
              entrypoint: main
              parallelism: 1
              templates:
              - name: main
                dag:
                  failFast: false
                  tasks: [{name: a, template: inner}, {name: b, template: inner}]
              - {name: inner, steps: [[{name: c, template: pod}]]}
              - {name: pod, container: {image: x, command: ["true"]}}
            """, failing: { _ in true })
        let again = try script.retried()
        #expect(again.launches.map(\.nodeName) == ["wf.a[0].c"])
        for row in again.machine.nodes where !row.status.phase.isFulfilled {
            #expect(again.machine.waitingFor(nodeID: row.status.id) != nil, "\(row.status.name)")
        }
    }

    @Test("a template that fails fast ends, although a crash came between a failure and the resumption")
    func failFastAfterCrash() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  parallelism: 1
                  templates:
                  - name: main
                    failFast: true
                    dag: {tasks: [{name: a, template: pod}, {name: b, template: pod}]}
                  - {name: pod, container: {image: x, command: ["true"]}}
                """)
        script.outcome = { _ in PodScript.failure() }
        script.apply(.submitted)
        script.apply(.suspended)
        script.run()
        #expect(script.launches.count == 1)
        var again = script.afterCrash()
        again.apply(.resumed(selector: nil, by: nil))
        #expect(again.phase == .failed)
    }

    @Test("a template that is come to late fails fast because of a node that had failed before the retry")
    func lateFailFast() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  templates:
                  - {name: main, steps: [[{name: a, template: inner}]]}
                  - name: inner
                    failFast: true
                    synchronization: {mutexes: [{name: outer}]}
                    steps: [[{name: b, template: locked}, {name: c, template: broken}]]
                  - {name: locked, synchronization: {mutexes: [{name: m}]}, container: {image: x, command: ["true"]}}
                  - {name: broken, steps: [[{name: d, template: locked, withParam: nonsense}]]}
                """)
        script.ask(PodScript.foreignRequest("default/Mutex/m"))
        script.run()
        #expect(script.phase == .failed)
        var again = try script.retried()
        #expect(again.node("wf[0].a[0].c")?.phase == .failed)
        again.hearNotices()
        #expect(again.phase == .failed)
        #expect(again.launches.isEmpty)
    }

    @Test("a template that fails fast ends what waits for a lock, although a crash came before the resumption")
    func failFastOfWaiting() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  templates:
                  - name: main
                    failFast: true
                    dag: {tasks: [{name: a, template: pod}, {name: b, template: locked}]}
                  - {name: pod, container: {image: x, command: ["true"]}}
                  - {name: locked, synchronization: {mutexes: [{name: m}]}, container: {image: x, command: ["true"]}}
                """)
        script.outcome = { _ in PodScript.failure() }
        script.ask(PodScript.foreignRequest("default/Mutex/m"))
        script.apply(.submitted)
        script.apply(.suspended)
        script.run()
        #expect(script.node("wf.a")?.phase == .failed)
        #expect(script.node("wf.b")?.phase == .pending)
        var again = script.afterCrash()
        again.apply(.resumed(selector: nil, by: nil))
        #expect(again.phase == .failed)
        #expect(again.node("wf.b")?.phase == .failed)
    }

    @Test("a late report of a pod changes nothing while its node waits for a lock after a retry")
    func lateReportOfWaiting() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  templates:
                  - name: main
                    synchronization: {mutexes: [{name: m}]}
                    container: {image: x, command: ["true"]}
                """)
        script.outcome = { _ in PodScript.failure() }
        script.run()
        let old = try #require(script.launches.first)
        script.ask(PodScript.foreignRequest("default/Mutex/m"))
        var again = try script.retried()
        again.hearNotices()
        #expect(again.node("wf")?.phase == .pending)
        var report = PodScript.failure()
        report.identity = old.identity
        #expect(again.machine.applied(.podReported(report), at: again.now).isEmpty)
        again.ask(PodScript.foreignRequest("default/Mutex/m", isReleased: true))
        again.run()
        #expect(again.phase == .succeeded)
    }

    @Test("a stopped workflow that is suspended ends where it is stopped once more")
    func stoppedTwice() throws {
        var script = try PodScript(yaml: Self.hooked)
        script.apply(.submitted)
        script.apply(.stopped(message: nil, selector: nil))
        script.apply(.suspended)
        script.run()
        #expect(script.phase == .running)
        script.apply(.stopped(message: nil, selector: nil))
        script.run()
        #expect(script.phase == .failed)
    }

    @Test("what a retry brought along, and the workflow did not come to, runs with the next retry")
    func leftOut() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  templates:
                  - {name: main, steps: [[{name: late, template: inner}]]}
                  - name: inner
                    failFast: true
                    parallelism: 1
                    synchronization: {mutexes: [{name: m}]}
                    steps: [[{name: a, template: pod}, {name: b, template: nested}]]
                  - {name: nested, steps: [[{name: c, template: pod}]]}
                  - {name: pod, container: {image: x, command: ["true"]}}
                """)
        script.outcome = { $0.nodeName.hasSuffix(".c") ? PodScript.failure() : PodScript.success() }
        script.run()
        var again = try script.retried(from: "wf[0].late[0].a")
        again.outcome = { _ in PodScript.failure() }
        again.run()
        #expect(again.launches.map(\.nodeName) == ["wf[0].late[0].a"])
        #expect(again.node("wf[0].late[0].b")?.phase == .omitted)
        var third = try again.retried()
        third.run()
        #expect(third.launches.map(\.nodeName) == ["wf[0].late[0].a", "wf[0].late[0].b[0].c"])
        #expect(third.phase == .succeeded)
    }

    @Test("a loop that had failed waits for a hook of its items that a retry runs again")
    func hookOfItem() throws {
        let script = try Self.failed(
            """
            metadata: {name: wf}
            spec:
              entrypoint: main
              templates:
              - name: main
                dag:
                  tasks:
                  - name: t
                    template: pod
                    withItems: [1, 2]
                    hooks: {failed: {template: two, expression: tasks.t.status == "Failed"}}
              - {name: two, steps: [[{name: d, template: pod}, {name: e, template: pod}]]}
              - {name: pod, container: {image: x, command: ["true"]}}
            """, failing: { $0 == "wf.t(0:1)" || $0 == "wf.t(0:1).hooks.failed[0].e" })
        #expect(script.node("wf.t.hooks.failed")?.phase == .succeeded)
        var again = try script.retried()
        #expect(again.launches.map(\.nodeName) == ["wf.t(0:1).hooks.failed[0].e"])
        #expect(again.phase == .running)
        again.run()
        #expect(again.node("wf.t(0:1).hooks.failed")?.phase == .succeeded)
        #expect(again.phase == .failed)
    }

    @Test("an attempt that a retry brought along ends with its retried node, which waited for its lock")
    func attemptOfWaiting() throws {
        let script = try Self.failed(
            """
            metadata: {name: wf}
            spec:
              entrypoint: main
              templates:
              - name: main
                retryStrategy: {limit: "0"}
                synchronization: {mutexes: [{name: m}]}
                steps: [[{name: a, template: pod}]]
              - {name: pod, container: {image: x, command: ["true"]}}
            """, failing: { _ in true })
        var again = try script.retried()
        #expect(again.node("wf")?.phase == .pending)
        again.apply(.stopped(message: nil, selector: nil))
        #expect(again.phase == .failed)
        #expect(again.node("wf(0)")?.phase == .omitted)
        var third = try again.retried()
        third.run()
        #expect(third.phase == .succeeded)
        #expect(third.launches.map(\.nodeName) == ["wf(0)[0].a"])
    }
}
