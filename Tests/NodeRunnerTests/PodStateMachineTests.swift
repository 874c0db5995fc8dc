import Model
import Testing

@testable import NodeRunner

@Suite
struct PodStateMachineTests {
    private static let record = ExitRecord()

    private static func report(_ phase: NodePhase) -> PodReport {
        var report = PodReport()
        report.phase = phase
        return report
    }

    @Test("a pod goes from preparation to the acknowledged report")
    func straightOn() {
        var machine = PodStateMachine()
        let report = Self.report(.succeeded)
        #expect(machine.apply(.prepared) == [.startSupervisor])
        #expect(machine.apply(.started(supervisor: 7, at: nil)) == [.reportRunning(at: nil)])
        #expect(machine.phase == .running)
        #expect(machine.apply(.exited(Self.record)) == [.collect(Self.record)])
        #expect(machine.apply(.collected(report)) == [.deliver(report)])
        #expect(machine.finalReport == report)
        #expect(machine.apply(.acknowledged) == [.finish])
        #expect(machine.isDone)
    }

    @Test("a stop that comes before the command is carried out as soon as it can be")
    func earlyStop() {
        var machine = PodStateMachine()
        #expect(machine.apply(.stopRequested(graceSeconds: 5)) == [])
        #expect(machine.apply(.prepared) == [.reportStoppedEarly])
        machine = PodStateMachine()
        _ = machine.apply(.prepared)
        #expect(machine.apply(.stopRequested(graceSeconds: 5)) == [])
        #expect(
            machine.apply(.started(supervisor: 7, at: nil))
                == [.reportRunning(at: nil), .stopSupervisor(7, graceSeconds: 5)])
    }

    @Test("whatever comes in whatever order: at most one start, one collection, one last report and one end")
    func anyOrder() {
        let done = Self.report(.failed)
        let events: [PodStateMachine.Event] = [
            .prepared, .preparationFailed(done), .started(supervisor: 7, at: nil), .exited(Self.record), .failed(done),
            .stopRequested(graceSeconds: 1), .collected(done), .acknowledged,
        ]
        for seed in UInt64(1)...2_000 {
            var random = SplitMix(state: seed)
            var machine = PodStateMachine()
            var counts: [String: Int] = [:]
            for _ in 0..<20 {
                guard let event = events.randomElement(using: &random) else { continue }
                for action in machine.apply(event) {
                    switch action {
                    case .startSupervisor: counts["start", default: 0] += 1
                    case .collect: counts["collect", default: 0] += 1
                    case .deliver:
                        counts["deliver", default: 0] += 1
                        #expect(machine.finalReport != nil, "SEED=\(seed)")
                    case .finish:
                        counts["finish", default: 0] += 1
                        #expect(machine.isDone, "SEED=\(seed)")
                    case .reportRunning: counts["running", default: 0] += 1
                    case .stopSupervisor, .reportStoppedEarly: break
                    }
                }
            }
            #expect(counts.values.allSatisfy { $0 == 1 }, "SEED=\(seed): \(counts)")
        }
    }
}
