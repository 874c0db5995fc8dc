import TestSupport
import Testing

@testable import Scheduler

@Suite("LeaseStateMachine")
struct LeaseStateMachineTests {
    private static let quiet = LeaseSimulation.Faults()

    @Test("whatever is lost, late, paused or dead: no shard has two owners, and in the end each has its own one")
    func faults() {
        for seed in Seeds.draw(3) {
            let simulation = Self.storm(seed)
            #expect(simulation.violations.isEmpty, "SEED=\(seed): \(simulation.violations.prefix(3))")
            #expect(simulation.unsettled().isEmpty, "SEED=\(seed): \(simulation.unsettled().prefix(3))")
        }
    }

    @Test("a store's clock that jumps by an hour costs a rearrangement, never two owners of one epoch")
    func clockJumps() {
        for seed in Seeds.draw(3) {
            var simulation = LeaseSimulation(seed: seed, replicas: 3)
            var faults = Self.quiet
            faults.storeClockJumps = 6
            faults.pauses = 2
            simulation.run(for: .seconds(30), faults)
            simulation.run(for: .seconds(60), Self.quiet)
            #expect(simulation.violations.isEmpty, "SEED=\(seed): \(simulation.violations.prefix(3))")
            #expect(simulation.unsettled().isEmpty, "SEED=\(seed): \(simulation.unsettled().prefix(3))")
        }
    }

    @Test("a member that joins takes its share one by one, and one that leaves gives all away at once")
    func joinAndLeave() {
        var simulation = LeaseSimulation(seed: 1, replicas: 2)
        simulation.run(for: .seconds(60), Self.quiet)
        #expect(simulation.unsettled().isEmpty)
        let handOvers = simulation.handOvers
        simulation.join()
        simulation.run(for: .seconds(60), Self.quiet)
        #expect(simulation.unsettled().isEmpty)
        let share = simulation.replicas[2].running.count
        #expect(simulation.handOvers - handOvers == share && share > 50)
        simulation.setDraining(2, true)
        simulation.run(for: .seconds(60), Self.quiet)
        #expect(simulation.unsettled().isEmpty && simulation.replicas[2].running.isEmpty)
        simulation.setDraining(2, false)
        simulation.run(for: .seconds(60), Self.quiet)
        #expect(simulation.replicas[2].running.count == share)
        simulation.shutDown(0)
        simulation.run(for: .seconds(2), Self.quiet)
        #expect(!simulation.replicas[0].isAlive)
        #expect(simulation.unsettled().isEmpty, "\(simulation.unsettled().prefix(3))")
        #expect(simulation.violations.isEmpty)
    }

    @Test("where the store does not answer, every shard is dropped before the lease ends, and taken again later")
    func silentStore() {
        var machine = LeaseStateMachine(member: "a", timing: .init(lease: .seconds(3)))
        #expect(machine.apply(.ticked(now: .seconds(10))) == [.heartbeat(isDraining: false)])
        var table = LeaseTable()
        table.members = [MemberRecord(name: "a")]
        let all = Array(table.leases.indices)
        #expect(machine.apply(.heartbeatAnswered(table, sentAt: .seconds(10))) == [.claim(all)])
        let claims = all.map { ShardClaim(shard: $0, epoch: 1, sequence: 0) }
        #expect(machine.apply(.claimAnswered(asked: all, claims)) == [.start(claims)])
        #expect(machine.owner(of: 7) == "a")
        #expect(machine.apply(.ticked(now: .seconds(11))) == [.heartbeat(isDraining: false)])
        #expect(machine.apply(.ticked(now: .seconds(12.4))) == [])
        #expect(machine.apply(.ticked(now: .seconds(12.5))) == [.drop(all)])
        #expect(machine.held.isEmpty)
        #expect(machine.apply(.heartbeatFailed) == [])
        #expect(machine.apply(.ticked(now: .seconds(13))) == [.heartbeat(isDraining: false)])
        table.leases = table.leases.map { _ in LeaseTable.Lease(owner: "a", epoch: 1) }
        #expect(machine.apply(.heartbeatAnswered(table, sentAt: .seconds(13))) == [.claim(all)])
    }

    @Test("a shard that is fenced, or claimed anew by its processor, is told apart by its epoch")
    func epochs() {
        var machine = LeaseStateMachine(member: "a", timing: .init(lease: .seconds(3)))
        _ = machine.apply(.ticked(now: .zero))
        var table = LeaseTable()
        table.members = [MemberRecord(name: "a")]
        _ = machine.apply(.heartbeatAnswered(table, sentAt: .zero))
        let claims = table.leases.indices.map { ShardClaim(shard: $0, epoch: 5, sequence: 0) }
        _ = machine.apply(.claimAnswered(asked: Array(table.leases.indices), claims))
        // A view from before the claim says nothing; one from after another's claim does.
        #expect(machine.apply(.leasesSeen(table)) == [])
        #expect(machine.apply(.reclaimed(ShardClaim(shard: 3, epoch: 6, sequence: 0))) == [])
        #expect(machine.held[3] == 6)
        table.leases = table.leases.map { _ in LeaseTable.Lease(owner: "a", epoch: 5) }
        table.leases[9] = LeaseTable.Lease(owner: "b", epoch: 6)
        table.members.append(MemberRecord(name: "b", role: .scheduler, isDraining: true))
        #expect(machine.apply(.leasesSeen(table)) == [.drop([9])])
        #expect(machine.owner(of: 9) == "b")
        #expect(machine.apply(.fenced(shard: 3)) == [.drop([3]), .look])
        #expect(machine.apply(.fenced(shard: 3)) == [])
        #expect(machine.held.count == 254)
    }

    @Test("one whose name another has by now drops all shards, and leaves the other's leases alone")
    func namesake() {
        var machine = LeaseStateMachine(member: "a", timing: .init(lease: .seconds(3)))
        _ = machine.apply(.ticked(now: .zero))
        var table = LeaseTable()
        table.members = [MemberRecord(name: "a")]
        _ = machine.apply(.heartbeatAnswered(table, sentAt: .zero))
        let all = Array(table.leases.indices)
        _ = machine.apply(.claimAnswered(asked: all, all.map { ShardClaim(shard: $0, epoch: 5, sequence: 0) }))
        #expect(machine.apply(.ticked(now: .seconds(1))) == [.heartbeat(isDraining: false)])
        #expect(machine.apply(.nameTaken) == [.drop(all)])
        table.members.append(MemberRecord(name: "b"))
        table.leases = table.leases.map { _ in LeaseTable.Lease(owner: "a", epoch: 6) }
        #expect(machine.apply(.leasesSeen(table)) == [])
        #expect(machine.apply(.shutDown) == [.finish])
    }

    @Test("planted bugs are caught", arguments: LeaseSimulation.PlantedBug.allCases)
    func plantedBugs(_ bug: LeaseSimulation.PlantedBug) {
        let caught = Seeds.draw(6).contains { seed in
            let simulation = Self.storm(seed, bug)
            return !simulation.violations.isEmpty || !simulation.unsettled().isEmpty
        }
        #expect(caught == (bug != .none))
    }

    private static func storm(
        _ seed: UInt64, _ bug: LeaseSimulation.PlantedBug = .none
    ) -> LeaseSimulation {
        var random = SplitMix64(seed: seed &* 31)
        var faults = LeaseSimulation.Faults()
        faults.loss = random.below(20)
        faults.longestDelayMilliseconds = 1 + random.below(1_200)
        faults.crashes = random.below(8)
        faults.pauses = random.below(12)
        faults.joins = random.below(6)
        var simulation = LeaseSimulation(seed: seed, replicas: 1 + random.below(4), bug: bug)
        simulation.run(for: .seconds(25), faults)
        simulation.run(for: .seconds(30), Self.quiet)
        return simulation
    }
}
