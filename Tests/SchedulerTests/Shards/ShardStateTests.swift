import ActorTransport
import Model
import Testing
import WorkflowEngine

@testable import Scheduler

@Suite("ShardState")
struct ShardStateTests {
    private static func pod(epoch: Int64) -> QueuedPod {
        var pod = QueuedPod(launch: PodLaunch(), shard: 7, epoch: epoch, outboxNumber: 1, priority: 0)
        pod.runner = "runner"
        return pod
    }

    @Test("a runner proposed before the shard was loaded takes nothing from the pod that was queued anew")
    func staleProposal() {
        var state = ShardState(shard: 7, epoch: 3, machines: FanMachine.factory)
        var turn = ShardTurn(
            surroundings: Surroundings(now: Timestamp(nanoseconds: 0)), book: PlacementBook(silenceLimit: .seconds(60)))
        state.place([Self.pod(epoch: 2)], in: &turn)
        #expect(turn.effects.isEmpty)
        #expect(turn.placements.isEmpty)
        // One of the present that nobody wants any more is forgotten.
        state.place([Self.pod(epoch: 3)], in: &turn)
        #expect(turn.effects.count == 1)
    }
}
