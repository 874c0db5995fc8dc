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

    @Test("rows of the outbox are numbered as none of an earlier epoch were, though those are gone")
    func outboxNumbers() {
        var numbers: [Int64] = []
        for epoch in [3, 4, 5] as [Int64] {
            var state = ShardState(shard: 7, epoch: epoch, machines: FanMachine.factory)
            state.numberRows(after: epoch == 5 ? (numbers.last ?? 0) + 10 : 0)
            numbers += [state.nextOutboxNumber, state.nextOutboxNumber + 1_000_000_000]
        }
        #expect(numbers == numbers.sorted())
        #expect(Set(numbers).count == numbers.count)
        // Those that are there are never numbered again, whatever numbered them.
        var state = ShardState(shard: 7, epoch: 1, machines: FanMachine.factory)
        state.numberRows(after: numbers[5])
        #expect(state.nextOutboxNumber == numbers[5] + 1)
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
