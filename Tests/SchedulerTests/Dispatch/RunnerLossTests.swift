import ActorTransport
import Model
import Testing

@testable import Scheduler

@Suite("Loss of runners", .timeLimit(.minutes(5)))
struct RunnerLossTests {
    @Test("a runner that is silent for too long is lost with its pods, and told to stop them when it comes back")
    func loss() async throws {
        let runner = FakeRunner(.wait)
        try await ReplicaCluster.with(["a", "b", "c"], runner: runner) { cluster in
            try await cluster.create("w", pods: 2, width: 2)
            while runner.running.count < 2 { try await Pause.brief() }
            cluster.silenceRunner(true)
            let phase = try await cluster.end(of: "w")
            #expect(phase == "Failed" || phase == "Error")
            #expect(runner.running.count == 2)
            cluster.silenceRunner(false)
            while runner.unwanted.count < 2 { try await Pause.brief() }
            #expect(runner.starts.values.allSatisfy { $0 == 1 })
        }
    }

    @Test("a runner that is away for less than the limit loses nothing")
    func shortSilence() async throws {
        let runner = FakeRunner(.wait)
        try await ReplicaCluster.with(["a", "b"], runner: runner) { cluster in
            try await cluster.create("w", pods: 1)
            while runner.running.isEmpty { try await Pause.brief() }
            cluster.silenceRunner(true)
            try await cluster.pass(.seconds(5))
            cluster.silenceRunner(false)
            try await cluster.pass(.seconds(15))
            for pod in runner.running { runner.end(pod, .succeeded) }
            #expect(try await cluster.end(of: "w") == "Succeeded")
            #expect(runner.unwanted.isEmpty)
        }
    }
}
