import Model
import TestSupport
import Testing
import WorkflowEngine

@Suite("Locks of a workflow")
struct WorkflowLockTests {
    @Test("two steps of one mutex run one after the other, and the second says whom it waits for")
    func templateMutex() throws {
        var script = try PodScript(yaml: Self.twoSteps)
        script.apply(.submitted)
        #expect(script.node("wf[0].a")?.phase == .pending)
        #expect(script.node("wf[0].a")?.synchronizationStatus?.waiting == "default/Mutex/m")
        #expect(script.launches.isEmpty)
        script.hearNotices()
        #expect(script.launches.map(\.nodeName) == ["wf[0].a"])
        #expect(script.node("wf[0].a")?.synchronizationStatus == nil)
        let waiting = try #require(script.node("wf[0].b"))
        #expect(waiting.phase == .pending)
        #expect(waiting.message == "Waiting for default/Mutex/m lock. Lock status: 0/1")
        #expect(waiting.synchronizationStatus?.waiting == "default/Mutex/m")
        let status = try #require(script.machine.workflow.status.synchronization?.mutex)
        let holder = "default/wf/\(script.node("wf[0].a")?.id ?? "")"
        #expect(status.holding.map(\.holder) == [holder])
        #expect(status.waiting.map(\.holder) == [holder])
        #expect(script.machine.waitingFor(nodeID: waiting.id) == .lock(.mutex(namespace: "default", name: "m")))
        script.run()
        #expect(script.phase == .succeeded)
        #expect(script.launches.map(\.nodeName) == ["wf[0].a", "wf[0].b"])
        #expect(script.machine.nodes.allSatisfy { $0.status.message == nil && $0.status.synchronizationStatus == nil })
        #expect(script.machine.workflow.status.synchronization == nil)
        #expect(script.locks.values.allSatisfy { $0.isEmpty })
    }

    @Test("a workflow waits for its own locks before anything of it begins, and gives them back at its end")
    func workflowMutex() throws {
        var script = try PodScript(yaml: Self.whole)
        script.ask(PodScript.foreignRequest("default/Mutex/a"))
        script.apply(.submitted)
        #expect(script.phase == .pending)
        script.hearNotices()
        #expect(script.phase == .pending)
        #expect(script.machine.workflow.status.message == "Waiting for default/Mutex/a lock. Lock status: 0/1")
        #expect(script.machine.workflow.status.startedAt == nil)
        #expect(script.machine.nodes.isEmpty)
        script.ask(PodScript.foreignRequest("default/Mutex/a", isReleased: true))
        script.run()
        #expect(script.phase == .succeeded)
        #expect(script.machine.workflow.status.message == nil)
        // One after the other, in the order of their names.
        let asked = script.lockRequests.filter { $0.holder.workflowUID == "uid" && !$0.isReleased }.map(\.lock)
        #expect(asked == ["default/Mutex/a", "other/ConfigMap/map/two"])
        #expect(script.locks.values.allSatisfy { $0.isEmpty })
    }

    @Test("a workflow that was terminated while it waited for its locks begins anew when it is retried")
    func retryOfWaiting() throws {
        var script = try PodScript(yaml: Self.whole)
        script.ask(PodScript.foreignRequest("default/Mutex/a"))
        script.apply(.submitted)
        script.hearNotices()
        script.apply(.terminated)
        #expect(script.phase == .failed)
        script.ask(PodScript.foreignRequest("default/Mutex/a", isReleased: true))
        var again = try script.retried()
        again.run()
        #expect(again.phase == .succeeded)
        #expect(again.locks.values.allSatisfy { $0.isEmpty })
    }

    @Test("a recovered machine asks again for the locks that it waits for, and knows those that it holds")
    func recovery() throws {
        var script = try PodScript(yaml: Self.twoSteps)
        script.apply(.submitted)
        script.hearNotices()
        let machine = script.recovered
        let requests = machine.outstanding.decisions.compactMap { decision -> LockRequest? in
            guard case .requestLock(let request) = decision else { return nil }
            return request
        }
        #expect(requests.map(\.holder.nodeID) == [script.node("wf[0].b")?.id])
        #expect(requests == script.lockRequests.filter { $0.holder.nodeID == requests.first?.holder.nodeID })
        #expect(Set(machine.releases.map(\.holder.nodeID)).count == 2)
        var again = PodScript(machine, now: script.now)
        again.ask(Self.held(by: script.node("wf[0].a")?.id ?? ""))
        again.run()
        #expect(again.phase == .succeeded)
        #expect(again.locks.values.allSatisfy { $0.isEmpty })
    }

    @Test("a node that a recovery makes asks for its lock with the turn that tells its row")
    func recoveryOfLostNode() throws {
        var script = try PodScript(yaml: Self.twoSteps)
        script.apply(.submitted)
        var machine = WorkflowMachine(
            recovering: script.machine.workflow, nodes: script.machine.nodes.filter { $0.status.name != "wf[0].b" },
            in: Surroundings(now: script.now))
        func asking(_ decisions: [Decision]) -> [String] {
            decisions.compactMap { decision in
                guard case .requestLock(let request) = decision else { return nil }
                return machine.node(request.holder.nodeID)?.status.name
            }
        }
        #expect(asking(machine.outstanding.decisions) == ["wf[0].a"])
        let turn = machine.apply(.submitted, in: Surroundings(now: script.now))
        #expect(asking(turn.decisions) == ["wf[0].b"])
        #expect(turn.changedNodes.contains { $0.status.name == "wf[0].b" })
    }

    @Test("a suspended workflow that is recovered keeps the locks of its nodes")
    func suspendedRecovery() throws {
        var script = try PodScript(yaml: Self.twoSteps)
        script.apply(.submitted)
        script.hearNotices()
        script.apply(.suspended)
        let request = try #require(script.lockRequests.first)
        #expect(script.recovered.wants(LockNotice(.granted, of: request)))
    }

    @Test("a workflow that holds a mutex named after a label of its spec still does after a recovery")
    func labelledMutex() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  arguments: {parameters: [{name: p, value: x}]}
                  workflowMetadata: {labels: {team: "{{workflow.parameters.p}}"}}
                  synchronization: {mutexes: [{name: "m-{{workflow.labels.team}}"}]}
                  templates: [{name: main, container: {image: x, command: ["true"]}}]
                """)
        script.apply(.submitted)
        script.hearNotices()
        #expect(script.phase == .running)
        let request = try #require(script.lockRequests.first)
        #expect(request.lock == "default/Mutex/m-x")
        #expect(script.recovered.wants(LockNotice(.granted, of: request)))
    }

    @Test("a lock that was granted before a crash is not given back while those before it are asked for again")
    func grantedBeforeCrash() throws {
        let locks = "synchronization: {mutexes: [{name: a}, {name: b}]}"
        for isOfWorkflow in [true, false] {
            var script = try PodScript(
                yaml: """
                    metadata: {name: wf}
                    spec:
                      entrypoint: main
                      \(isOfWorkflow ? locks : "")
                      templates:
                      - name: main
                        \(isOfWorkflow ? "" : locks)
                        container: {image: x, command: [x]}
                    """)
            script.ask(PodScript.foreignRequest("default/Mutex/b"))
            script.apply(.submitted)
            script.hearNotices()
            let second = try #require(script.lockRequests.last)
            #expect(second.lock == "default/Mutex/b")
            var again = script.afterCrash()
            #expect(again.lockRequests.map(\.lock) == ["default/Mutex/a"])
            // What is given back could be mistaken for what is asked for anew.
            let grant = LockNotice(.granted, of: second)
            #expect(again.machine.wants(grant))
            again.apply(.lockTold(grant))
            #expect(again.launches.isEmpty)
            var ended = again
            ended.apply(.terminated)
            #expect(ended.lockRequests.filter(\.isReleased).map(\.lock) == ["default/Mutex/a", "default/Mutex/b"])
            again.run()
            #expect(again.phase == .succeeded)
            #expect(again.locks.values.allSatisfy { $0.isEmpty })
        }
    }

    @Test(
        "a lock whose name was made from the time or by chance keeps that name after a crash",
        arguments: ["{{=now().Unix()}}", "{{=sprig.randAlpha(8)}}"])
    func nameOfItsTime(name: String) throws {
        let locks = "synchronization: {mutexes: [{name: \"\(name)\"}]}"
        for isOfWorkflow in [true, false] {
            var script = try PodScript(
                yaml: """
                    metadata: {name: wf}
                    spec:
                      entrypoint: main
                      \(isOfWorkflow ? locks : "")
                      templates:
                      - {name: main, steps: [[{name: a, template: pod}, {name: b, template: pod}]]}
                      - name: pod
                        \(isOfWorkflow ? "" : locks)
                        container: {image: x, command: [x]}
                    """)
            script.apply(.submitted)
            script.hearNotices()
            let request = try #require(script.lockRequests.first)
            #expect(!request.lock.contains("{"))
            script.now = script.now + GoDuration(seconds: 60)
            var again = script.afterCrash()
            #expect(again.machine.wants(LockNotice(.granted, of: request)))
            again.run()
            #expect(again.phase == .succeeded)
            let released = again.lockRequests.filter(\.isReleased)
            #expect(Set(released.map(\.lock)) == Set(script.lockRequests.map(\.lock)))
        }
    }

    @Test("a recovered workflow that waits asks for its locks from the first")
    func pendingRecovery() throws {
        var script = try PodScript(yaml: Self.whole)
        script.apply(.submitted)
        var again = script.afterCrash()
        again.run()
        #expect(again.phase == .succeeded)
        #expect(again.lockRequests.first == script.lockRequests.first)
    }

    @Test("what waits for a lock ends when it is stopped, terminated or out of time", arguments: ["stop", "terminate"])
    func shutdown(verb: String) throws {
        var script = try PodScript(yaml: Self.twoSteps)
        script.apply(.submitted)
        script.hearNotices()
        script.apply(verb == "stop" ? .stopped(message: nil, selector: nil) : .terminated)
        let strategy = verb == "stop" ? "Stop" : "Terminate"
        #expect(script.node("wf[0].b")?.phase == .failed)
        #expect(script.node("wf[0].b")?.message == "Stopped with strategy '\(strategy)'")
        #expect(script.isComplete)
        #expect(script.locks.values.allSatisfy { $0.isEmpty })
    }

    @Test("steps that began without their lock, because the workflow was being stopped, give none back after a crash")
    func stoppedWithoutLock() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  templates:
                  - name: main
                    steps: [[{name: a, template: pod, continueOn: {failed: true}}], [{name: b, template: locked}]]
                  - name: locked
                    synchronization: {mutexes: [{name: m}]}
                    steps: [[{name: c, template: pod, onExit: pod}]]
                  - {name: pod, container: {image: x, command: ["true"]}}
                """)
        script.apply(.submitted)
        script.apply(.stopped(message: nil, selector: nil))
        #expect(script.launches.map(\.nodeName) == ["wf[0].a", "wf[1].b[0].c.onExit"])
        var again = script.afterCrash()
        again.run()
        #expect(again.phase == .failed)
        #expect(again.lockRequests.isEmpty)
    }

    @Test("a workflow that waits for its locks is terminated at once")
    func terminateWaiting() throws {
        var script = try PodScript(yaml: Self.whole)
        script.ask(PodScript.foreignRequest("default/Mutex/a"))
        script.apply(.submitted)
        script.apply(.terminated)
        #expect(script.phase == .failed)
        #expect(script.machine.workflow.status.message == "Stopped with strategy 'Terminate'")
        #expect(script.locks["default/Mutex/a"]?.claims.count == 1)
    }

    @Test("a lock that cannot be had is the node's error")
    func refusal() throws {
        var script = try PodScript(yaml: Self.twoSteps)
        script.apply(.submitted)
        var notice = LockNotice(.refused, of: try #require(script.lockRequests.first))
        notice.message = "failed to initialize semaphore"
        script.apply(.lockTold(notice))
        #expect(script.node("wf[0].a")?.phase == .error)
        #expect(script.node("wf[0].a")?.message == "failed to initialize semaphore")
        // It is wanted no more: whoever is let in by mistake is shown out.
        notice.state = .granted
        #expect(!script.machine.wants(notice))
    }

    @Test("the attempts of a retried node run under one lock, held until the last of them has ended")
    func retried() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  templates:
                  - name: main
                    retryStrategy: {limit: 2}
                    synchronization: {mutexes: [{name: m}]}
                    container: {image: x, command: [x]}
                """)
        script.outcome = { $0.nodeName == "wf(2)" ? PodScript.success() : PodScript.failure() }
        script.apply(.submitted)
        #expect(script.node("wf")?.type == .retry)
        #expect(script.node("wf")?.phase == .pending)
        script.run()
        #expect(script.phase == .succeeded)
        #expect(script.lockRequests.map(\.isReleased) == [false, true])
        #expect(script.launches.count == 3)
    }

    @Test("who is let in when there is no room gives the lock back, and asks again under a new attempt")
    func noRoom() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  parallelism: 1
                  templates:
                  - name: main
                    steps:
                    - - {name: a, template: p, arguments: {parameters: [{name: m, value: a}]}}
                      - {name: b, template: p, arguments: {parameters: [{name: m, value: b}]}}
                      - {name: c, template: p, arguments: {parameters: [{name: m, value: c}]}}
                  - name: p
                    inputs: {parameters: [{name: m}]}
                    synchronization: {mutexes: [{name: "{{inputs.parameters.m}}"}]}
                    container: {image: x, command: [x]}
                """)
        script.apply(.submitted)
        script.hearNotices()
        #expect(script.launches.count == 1)
        #expect(script.locks.values.map(\.heldCount).reduce(0, +) == 1)
        script.run()
        #expect(script.phase == .succeeded)
        #expect(script.launches.count == 3)
        #expect(script.locks.values.allSatisfy { $0.isEmpty })
        let requests = script.lockRequests.filter { !$0.isReleased }
        #expect(Set(requests.map { [$0.lock, "\($0.holder.attempt)"] }).count == requests.count)
    }

    @Test("steps and DAGs hold a lock too, and a node within may need another")
    func nested() throws {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  templates:
                  - name: main
                    dag:
                      tasks: [{name: a, template: inner}, {name: b, template: inner}]
                  - name: inner
                    synchronization: {mutexes: [{name: outer}]}
                    steps: [[{name: one, template: p}], [{name: two, template: p}]]
                  - name: p
                    synchronization: {semaphores: [{configMapKeyRef: {name: map, key: two}}]}
                    container: {image: x, command: [x]}
                """)
        script.apply(.submitted)
        #expect(script.node("wf.a")?.type == .steps)
        #expect(script.node("wf.b")?.phase == .pending)
        script.run()
        #expect(script.phase == .succeeded)
        #expect(script.launches.map(\.nodeName) == ["wf.a[0].one", "wf.a[1].two", "wf.b[0].one", "wf.b[1].two"])
        #expect(script.locks.values.allSatisfy { $0.isEmpty })
    }

    @Test(
        "locks that cannot be named are refused with the reason",
        arguments: [
            ("mutexes: [{name: m, database: true}]", "'database'"),
            ("semaphores: [{database: {key: k}}]", "'database'"),
            ("mutexes: [{name: m}, {name: m}]", "duplicate synchronization item found"),
            ("semaphores: [{namespace: other}]", "without a ConfigMapRef"),
        ])
    func badLocks(locks: String, reason: String) throws {
        for level in ["spec", "template"] {
            var script = try PodScript(
                yaml: """
                    metadata: {name: wf}
                    spec:
                      entrypoint: main
                      \(level == "spec" ? "synchronization: {\(locks)}" : "")
                      templates:
                      - name: main
                        \(level == "template" ? "synchronization: {\(locks)}" : "")
                        container: {image: x, command: [x]}
                    """)
            script.run()
            #expect(script.phase == (level == "spec" ? .failed : .error))
            #expect(script.machine.workflow.status.message?.contains(reason) == true)
            #expect(script.lockRequests.isEmpty)
        }
    }

    private static let twoSteps = """
        metadata: {name: wf}
        spec:
          entrypoint: main
          templates:
          - name: main
            steps: [[{name: a, template: p}, {name: b, template: p}]]
          - name: p
            synchronization: {mutexes: [{name: m}]}
            container: {image: x, command: [x]}
        """

    private static let whole = """
        metadata: {name: wf}
        spec:
          entrypoint: main
          synchronization:
            semaphores: [{namespace: other, configMapKeyRef: {name: map, key: two}}]
            mutexes: [{name: a}]
          templates:
          - {name: main, container: {image: x, command: [x]}}
        """

    private static func held(by node: String) -> LockRequest {
        var request = PodScript.foreignRequest("default/Mutex/m")
        request.holder = PodIdentity(workflowUID: "uid", nodeID: node, attempt: 0)
        request.workflow = "wf"
        return request
    }
}
