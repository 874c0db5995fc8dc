import Model
import OrderedCollections
import TestSupport
import Testing

@testable import WorkflowEngine

@Suite("CronStateMachine")
struct CronStateMachineTests {
    private static func time(_ text: String) -> Timestamp { Timestamp(text) ?? Timestamp(seconds: 0) }

    private static func cron(_ change: (inout CronWorkflow) -> Void = { _ in }) -> CronWorkflow {
        var cron = CronWorkflow()
        cron.metadata.name = "c"
        cron.metadata.namespace = "n"
        cron.metadata.uid = "cron-uid"
        cron.spec.schedules = ["0 * * * *"]
        cron.spec.workflowSpec.entrypoint = "main"
        change(&cron)
        return cron
    }

    private static func machine(_ cron: CronWorkflow) throws -> CronStateMachine {
        try CronStateMachine(cron, zone: { $0 == "Plus/One" ? .fixed(offset: 3_600) : nil })
    }

    private static func submissions(_ decisions: [CronStateMachine.Decision]) -> [String] {
        decisions.compactMap { decision in
            guard case .submit(let workflow, let tick) = decision else { return nil }
            #expect(workflow.metadata.name == "c-\(tick.seconds)")
            return tick.description
        }
    }

    private static func reference(_ uid: String) -> ObjectReference {
        CronChild(name: "c-\(uid)", namespace: "n", uid: uid, phase: .running).reference
    }

    @Test("a tick makes one workflow, and the next one is waited for")
    func ticks() throws {
        var machine = try Self.machine(Self.cron())
        #expect(machine.nextWake == nil)
        #expect(machine.apply(.started(at: Self.time("2026-01-01T10:30:00Z"))).isEmpty)
        #expect(machine.nextWake == Self.time("2026-01-01T11:00:00Z"))
        #expect(machine.apply(.woke(at: Self.time("2026-01-01T10:59:59Z"))).isEmpty)
        let decisions = machine.apply(.woke(at: Self.time("2026-01-01T11:00:00Z")))
        #expect(Self.submissions(decisions) == ["2026-01-01T11:00:00Z"])
        #expect(decisions.first == .save)
        #expect(machine.cron.metadata.annotations["cronworkflows.argoproj.io/last-used-schedule"] == "0 * * * *")
        #expect(Self.submissions(machine.apply(.woke(at: Self.time("2026-01-01T11:00:00Z")))) == [])
        #expect(machine.nextWake == Self.time("2026-01-01T12:00:00Z"))
    }

    @Test("that a tick makes a workflow is saved first, and whoever watches next makes it where it is not there")
    func writtenAhead() throws {
        var machine = try Self.machine(Self.cron())
        _ = machine.apply(.started(at: Self.time("2026-01-01T10:30:00Z")))
        let decisions = machine.apply(.woke(at: Self.time("2026-01-01T11:00:00Z")))
        #expect(decisions.first == .save)
        let made = try #require(machine.cron.status.active.first)
        #expect(machine.cron.status.lastScheduledTime == Self.time("2026-01-01T11:00:00Z"))
        for isMade in [false, true] {
            var next = try Self.machine(machine.cron)
            let now = Self.time("2026-01-01T11:00:05Z")
            let child = CronChild(name: made.name ?? "", namespace: "n", uid: made.uid ?? "", phase: .running)
            let again = next.apply(.childrenObserved(isMade ? [child] : [], at: now))
            #expect(Self.submissions(again) == (isMade ? [] : ["2026-01-01T11:00:00Z"]))
            if !isMade { #expect(again == Array(decisions.dropFirst())) }
            #expect(next.cron.status.active == [made])
            _ = next.apply(.started(at: now))
            // From now on one that is gone is gone.
            #expect(Self.submissions(next.apply(.childrenObserved([], at: now))) == [])
            #expect(next.cron.status.active.isEmpty)
        }
    }

    @Test("what was refused is not active, and was not scheduled")
    func refused() throws {
        var machine = try Self.machine(Self.cron())
        _ = machine.apply(.started(at: Self.time("2026-01-01T10:30:00Z")))
        _ = machine.apply(.woke(at: Self.time("2026-01-01T11:00:00Z")))
        _ = machine.apply(.submissionFailed(tick: Self.time("2026-01-01T11:00:00Z"), message: "no"))
        #expect(machine.cron.status.active.isEmpty)
        #expect(machine.cron.status.lastScheduledTime == nil)
    }

    @Test("what was submitted is active, and says when it was due")
    func submitted() throws {
        var machine = try Self.machine(Self.cron())
        let tick = Self.time("2026-01-01T11:00:00Z")
        _ = machine.apply(.submissionFailed(tick: tick, message: "no"))
        #expect(machine.cron.status.conditions.first?.message == "Failed to submit Workflow: no")
        #expect(machine.cron.status.failed == 1)
        for _ in 0..<2 { _ = machine.apply(.submitted(tick: tick, Self.reference("1"))) }
        #expect(machine.cron.status.active.map(\.uid) == ["1"])
        #expect(machine.cron.status.lastScheduledTime == tick)
        #expect(machine.cron.status.phase == "Active")
        #expect(machine.cron.status.conditions.isEmpty)
    }

    @Test("of several ticks that were slept through only the latest makes a workflow")
    func lateTicks() throws {
        var machine = try Self.machine(Self.cron { $0.spec.schedules = ["0 * * * *", "30 * * * *", "0 11 * * *"] })
        _ = machine.apply(.started(at: Self.time("2026-01-01T06:10:00Z")))
        let decisions = machine.apply(.woke(at: Self.time("2026-01-01T11:10:00Z")))
        #expect(Self.submissions(decisions) == ["2026-01-01T10:30:00Z", "2026-01-01T11:00:00Z"])
    }

    @Test("a missed tick is made up for within the starting deadline, unless the schedule is new")
    func missedTicks() throws {
        func decisions(_ deadline: Int?, isNew: Bool = false) throws -> [String] {
            var machine = try Self.machine(
                Self.cron {
                    $0.spec.startingDeadlineSeconds = deadline
                    $0.status.lastScheduledTime = Self.time("2026-01-01T05:00:00Z")
                    $0.metadata.annotations[WorkflowKeys.lastUsedSchedule] = isNew ? "1 * * * *" : "0 * * * *"
                })
            return Self.submissions(machine.apply(.started(at: Self.time("2026-01-01T11:10:00Z"))))
        }
        #expect(try decisions(nil) == [])
        #expect(try decisions(600) == [])
        #expect(try decisions(601) == ["2026-01-01T11:00:00Z"])
        #expect(try decisions(601, isNew: true) == [])
    }

    @Test("an interval goes on from its last tick after a restart")
    func intervals() throws {
        var machine = try Self.machine(
            Self.cron {
                $0.spec.schedules = ["@every 1h"]
                $0.status.lastScheduledTime = Self.time("2026-01-01T05:20:00Z")
                $0.metadata.annotations[WorkflowKeys.lastUsedSchedule] = "@every 1h"
            })
        _ = machine.apply(.started(at: Self.time("2026-01-01T05:50:00Z")))
        #expect(machine.nextWake == Self.time("2026-01-01T06:20:00Z"))
        #expect(
            Self.submissions(machine.apply(.woke(at: Self.time("2026-01-01T06:20:01Z")))) == ["2026-01-01T06:20:00Z"])
        #expect(machine.nextWake == Self.time("2026-01-01T07:20:00Z"))
    }

    @Test("schedules are read in the time zone of the spec, and an unknown one is refused")
    func timeZones() throws {
        var machine = try Self.machine(
            Self.cron {
                $0.spec.schedules = ["0 12 * * *"]
                $0.spec.timezone = "Plus/One"
            })
        _ = machine.apply(.started(at: Self.time("2026-01-01T00:00:00Z")))
        #expect(machine.nextWake == Self.time("2026-01-01T11:00:00Z"))
        #expect(throws: CronSchedule.SyntaxError("provided bad location No/Where: unknown time zone No/Where")) {
            try Self.machine(Self.cron { $0.spec.timezone = "No/Where" })
        }
    }

    @Test("Forbid waits for what is active, Replace ends it, Allow and nothing let it be")
    func concurrency() throws {
        for (policy, expected) in [(nil, 1), ("Allow", 1), ("Forbid", 0), ("Replace", 1)] as [(String?, Int)] {
            var machine = try Self.machine(
                Self.cron {
                    $0.spec.concurrencyPolicy = policy
                    $0.status.active = [Self.reference("1")]
                })
            _ = machine.apply(.started(at: Self.time("2026-01-01T10:30:00Z")))
            let decisions = machine.apply(.woke(at: Self.time("2026-01-01T11:00:00Z")))
            #expect(Self.submissions(decisions).count == expected, "\(policy ?? "none")")
            #expect(decisions.contains(.terminate(name: "c-1", uid: "1")) == (policy == "Replace"))
        }
    }

    @Test("a suspended or broken cron workflow makes nothing")
    func suspended() throws {
        var machine = try Self.machine(Self.cron { $0.spec.suspend = true })
        _ = machine.apply(.started(at: Self.time("2026-01-01T10:30:00Z")))
        #expect(machine.nextWake == nil)
        #expect(Self.submissions(machine.apply(.woke(at: Self.time("2026-01-01T11:00:00Z")))) == [])
        var broken = try Self.machine(Self.cron())
        broken.specIssue = "bad spec"
        _ = broken.apply(.started(at: Self.time("2026-01-01T10:30:00Z")))
        #expect(Self.submissions(broken.apply(.woke(at: Self.time("2026-01-01T11:00:00Z")))) == [])
        #expect(broken.cron.status.conditions == [Condition(type: "SpecError", status: "True", message: "bad spec")])
        broken.specIssue = nil
        #expect(Self.submissions(broken.apply(.woke(at: Self.time("2026-01-01T12:00:00Z")))).count == 1)
        #expect(broken.cron.status.conditions.isEmpty)
    }

    @Test("a tick is skipped where when is false, and a when that fails is reported")
    func when() throws {
        func run(_ when: String) throws -> (ticks: Int, message: String?) {
            var machine = try Self.machine(
                Self.cron {
                    $0.spec.when = when
                    $0.status.succeeded = 2
                })
            _ = machine.apply(.started(at: Self.time("2026-01-01T10:30:00Z")))
            let decisions = machine.apply(.woke(at: Self.time("2026-01-01T11:00:00Z")))
            return (Self.submissions(decisions).count, machine.cron.status.conditions.first?.message)
        }
        #expect(try run("{{= cronworkflow.succeeded > 1 }}").ticks == 1)
        #expect(try run("{{= cronworkflow.succeeded > 2 }}").ticks == 0)
        #expect(try run("{{= cronworkflow.lastScheduledTime == nil }}").ticks == 1)
        let failed = try run("{{nope}} == 1")
        #expect(failed.ticks == 0)
        #expect(failed.message?.hasPrefix("run policy error: ") == true)
    }

    @Test("completed workflows are counted once, and the stop expression ends the schedule")
    func stopExpression() throws {
        var machine = try Self.machine(
            Self.cron {
                $0.spec.stopStrategy = StopStrategy()
                $0.spec.stopStrategy?.expression = "cronworkflow.failed >= 2"
                $0.status.active = [Self.reference("1"), Self.reference("2"), Self.reference("gone")]
            })
        let now = Self.time("2026-01-01T10:30:00Z")
        _ = machine.apply(.started(at: now))
        let first = CronChild(name: "c-1", namespace: "n", uid: "1", phase: .failed, finishedAt: now)
        var second = CronChild(name: "c-2", namespace: "n", uid: "2", phase: .running)
        for _ in 0..<2 { _ = machine.apply(.childrenObserved([first, second], at: now)) }
        #expect(machine.cron.status.failed == 1)
        #expect(machine.cron.status.active.map(\.uid) == ["2"])
        #expect(machine.nextWake != nil)
        second.phase = .error
        _ = machine.apply(.childrenObserved([first, second], at: now))
        #expect(machine.cron.status.failed == 2)
        #expect(machine.cron.status.phase == "Stopped")
        #expect(machine.cron.metadata.labels["cronworkflows.argoproj.io/completed"] == "true")
        #expect(machine.nextWake == nil)
    }

    @Test("the oldest completed workflows beyond the limits go")
    func historyLimits() throws {
        func deleted(succeeded: Int?, failed: Int?) throws -> [String] {
            var machine = try Self.machine(
                Self.cron {
                    $0.spec.successfulJobsHistoryLimit = succeeded
                    $0.spec.failedJobsHistoryLimit = failed
                })
            let children = (0..<10).map { index in
                CronChild(
                    name: "c-\(index)", namespace: "n", uid: "\(index)", phase: index < 5 ? .succeeded : .failed,
                    finishedAt: Timestamp(seconds: Int64(1_000 + index)))
            }
            return machine.apply(.childrenObserved(children, at: Timestamp(seconds: 5_000))).compactMap { decision in
                guard case .delete(let name, _) = decision else { return nil }
                return name
            }
        }
        #expect(try deleted(succeeded: nil, failed: nil) == ["c-1", "c-0", "c-8", "c-7", "c-6", "c-5"])
        #expect(try deleted(succeeded: 0, failed: 9) == ["c-4", "c-3", "c-2", "c-1", "c-0"])
        #expect(try deleted(succeeded: -1, failed: -1).count == 6)
    }

    @Test("over ten years every tick makes one workflow, however often and late the machine is woken")
    func tenYears() throws {
        var machine = try Self.machine(Self.cron { $0.spec.schedules = ["0 0 * * *"] })
        _ = machine.apply(.started(at: Self.time("2026-01-01T00:00:00Z")))
        let end = Self.time("2036-01-01T00:00:00Z")
        var seen: Set<String> = []
        var random = SplitMix64(seed: 1)
        while let wake = machine.nextWake, wake <= end {
            let late = GoDuration(seconds: Int64.random(in: 0..<80_000, using: &random))
            for _ in 0..<2 {
                for tick in Self.submissions(machine.apply(.woke(at: wake + late))) {
                    #expect(seen.insert(tick).inserted, "\(tick)")
                }
            }
        }
        #expect(seen.count == 3_652)
    }

    @Test("a schedule whose next tick lies beyond all times is never due")
    func endOfTime() throws {
        var machine = try Self.machine(Self.cron { $0.spec.schedules = ["@every 2562047h"] })
        _ = machine.apply(.started(at: Self.time("2026-01-01T10:30:00Z")))
        #expect(machine.nextWake == Timestamp(nanoseconds: .max))
        #expect(machine.apply(.woke(at: Self.time("2200-01-01T00:00:00Z"))).isEmpty)
        var late = try Self.machine(
            Self.cron {
                $0.spec.schedules = ["0 0 29 2 *"]
                $0.spec.startingDeadlineSeconds = .max
                $0.status.lastScheduledTime = Self.time("2262-01-01T00:00:00Z")
            })
        _ = late.apply(.started(at: Self.time("2261-01-01T10:30:00Z")))
        #expect(late.nextWake == Timestamp(nanoseconds: .max))
    }

    @Test("whoever gives a cron workflow the greatest counts has it count no further")
    func greatestCounts() throws {
        var machine = try Self.machine(
            Self.cron {
                $0.status.succeeded = .max
                $0.status.failed = .max
            })
        let now = Self.time("2026-01-01T10:30:00Z")
        _ = machine.apply(.started(at: now))
        _ = machine.apply(.submissionFailed(tick: now, message: "no"))
        for phase in [WorkflowPhase.running, .succeeded, .running, .failed] {
            let child = CronChild(name: "c-1", namespace: "n", uid: "1", phase: phase)
            _ = machine.apply(.childrenObserved([child], at: now))
        }
        #expect(machine.cron.status.succeeded == .max)
        #expect(machine.cron.status.failed == .max)
    }
}
