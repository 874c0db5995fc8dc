import ActorTransport
import Model
import OrderedCollections
import TestSupport
import Testing

@testable import Scheduler

@Suite("RunnerPool")
struct RunnerPoolTests {
    private static let limit = Duration.seconds(10)

    private static func runner(
        _ name: String, pods: Int = 2, milliCPU: Int = 0, memory: Int = 0, labels: StringMap = [:],
        incarnation: String = "1"
    ) -> RunnerAnnouncement {
        var runner = RunnerAnnouncement(name: name, pods: pods)
        runner.milliCPU = milliCPU
        runner.memory = memory
        runner.labels = labels
        runner.incarnation = incarnation
        runner.backends = ["process"]
        return runner
    }

    private static func pool(_ runners: RunnerAnnouncement...) -> RunnerPool {
        var pool = RunnerPool(silenceLimit: Self.limit)
        for runner in runners { _ = pool.heard(runner) }
        return pool
    }

    private static func needs(
        labels: StringMap = [:], backend: String? = nil, milliCPU: Int = 0, memory: Int = 0
    ) -> PodNeeds {
        var needs = PodNeeds()
        needs.labels = labels
        needs.backend = backend
        needs.milliCPU = milliCPU
        needs.memory = memory
        return needs
    }

    // MARK: Placement

    @Test("pods go where the largest share is free, and wait where nobody has room")
    func spread() {
        var pool = Self.pool(Self.runner("a"), Self.runner("b", pods: 4))
        var places: [String] = []
        while case .place(let name) = pool.plan(PodNeeds()) {
            pool.take(PodNeeds(), on: name)
            places.append(name)
        }
        #expect(places == ["a", "b", "b", "a", "b", "b"])
        #expect(pool.plan(PodNeeds()) == .wait)
        pool.release(PodNeeds(), from: "a")
        #expect(pool.plan(PodNeeds()) == .place("a"))
    }

    @Test("no runner is given more than its pods, processors and memory, whatever comes and goes")
    func capacity() {
        for seed in Seeds.draw(50) {
            var random = SplitMix64(seed: seed)
            let offers = (0..<3).map { number in
                Self.runner(
                    "r\(number)", pods: Int.random(in: 1...5, using: &random),
                    milliCPU: Int.random(in: 0...3, using: &random) * 1_000,
                    memory: Int.random(in: 0...3, using: &random) * 64)
            }
            var pool = RunnerPool(silenceLimit: Self.limit)
            for offer in offers { _ = pool.heard(offer) }
            var taken: [(PodNeeds, String)] = []
            for _ in 0..<200 {
                if Bool.random(using: &random), !taken.isEmpty {
                    let (needs, name) = taken.remove(at: Int.random(in: 0..<taken.count, using: &random))
                    pool.release(needs, from: name)
                }
                let needs = Self.needs(
                    milliCPU: Int.random(in: 0...1_500, using: &random), memory: Int.random(in: 0...64, using: &random))
                guard case .place(let name) = pool.plan(needs) else { continue }
                pool.take(needs, on: name)
                taken.append((needs, name))
                for offer in offers {
                    let own = taken.filter { $0.1 == offer.name }.map(\.0)
                    #expect(own.count <= offer.pods, "SEED=\(seed)")
                    #expect(
                        offer.milliCPU == 0 || own.map(\.milliCPU).reduce(0, +) <= offer.milliCPU, "SEED=\(seed)")
                    #expect(offer.memory == 0 || own.map(\.memory).reduce(0, +) <= offer.memory, "SEED=\(seed)")
                }
            }
        }
    }

    @Test("a runner that others have filled is proposed last")
    func sharedCapacity() {
        var busy = Self.runner("a")
        busy.usedPods = 2
        var pool = Self.pool(busy, Self.runner("b"))
        pool.take(PodNeeds(), on: "b")
        #expect(pool.plan(PodNeeds()) == .place("b"))
        pool.take(PodNeeds(), on: "b")
        #expect(pool.plan(PodNeeds()) == .place("a"))
    }

    @Test("a runner that refused is left alone until it is heard of again, or a pod there ends")
    func refusal() {
        var pool = Self.pool(Self.runner("a"), Self.runner("b", pods: 1))
        pool.take(PodNeeds(), on: "a")
        pool.refused(by: "b")
        #expect(pool.plan(PodNeeds()) == .place("a"))
        pool.refused(by: "a")
        #expect(pool.plan(PodNeeds()) == .wait)
        pool.release(PodNeeds(), from: "a")
        #expect(pool.plan(PodNeeds()) == .place("a"))
        pool.refused(by: "a")
        _ = pool.heard(Self.runner("b", pods: 1))
        #expect(pool.plan(PodNeeds()) == .place("b"))
    }

    @Test("a runner that drains takes no pods, but pods that fit it wait")
    func draining() {
        var runner = Self.runner("a")
        runner.isDraining = true
        #expect(Self.pool(runner).plan(PodNeeds()) == .wait)
    }

    @Test("a pod that no runner can ever take says why")
    func infeasible() {
        let pool = Self.pool(
            Self.runner("a", milliCPU: 2_000, memory: 100, labels: ["disk": "ssd"]),
            Self.runner("b", milliCPU: 4_000, memory: 50, labels: ["disk": "ssd"]), Self.runner("c"))
        #expect(
            pool.plan(Self.needs(labels: ["disk": "ssd"], milliCPU: 3_000, memory: 80))
                == .infeasible(
                    "Unschedulable: 0/3 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, "
                        + "1 node(s) didn't match Pod's node affinity/selector."))
        #expect(
            pool.plan(Self.needs(backend: "kubernetes"))
                == .infeasible(
                    "Unschedulable: 0/3 nodes are available: 3 node(s) didn't have the requested backend."))
        #expect(pool.plan(Self.needs(labels: ["disk": "ssd"], memory: 80)) == .place("a"))
        #expect(
            Self.pool().plan(PodNeeds()) == .infeasible("Unschedulable: no nodes available to schedule pods"))
    }

    @Test("what a pod asks for is read from its selector and its requests, or else its limits")
    func needsOfLaunch() {
        var launch = PodLaunch()
        launch.nodeSelector = ["disk": "ssd", WorkflowKeys.backend: "process"]
        launch.container.resources.requests["cpu"] = Quantity("250m")
        launch.container.resources.limits["cpu"] = Quantity("2")
        launch.container.resources.limits["memory"] = Quantity("1Ki")
        #expect(
            PodNeeds(launch) == Self.needs(labels: ["disk": "ssd"], backend: "process", milliCPU: 250, memory: 1_024))
        launch.container.resources.requests["cpu"] = Quantity("1e300")
        launch.container.resources.requests["memory"] = Quantity("many")
        #expect(PodNeeds(launch).milliCPU == 1_000_000_000_000_000_000)
        #expect(PodNeeds(launch).memory == 0)
    }

    // MARK: Life

    @Test("a runner that is silent for longer than the limit is lost once, and is asked what it has when it comes back")
    func loss() {
        var pool = Self.pool(Self.runner("a"), Self.runner("b"))
        #expect(pool.pass(.seconds(6)) == [])
        #expect(pool.heard(Self.runner("b")) == .known)
        #expect(pool.pass(.seconds(4)) == [])
        #expect(pool.pass(.seconds(1)) == ["a"])
        #expect(pool.isLost("a"))
        #expect(pool.living == ["b"])
        #expect(pool.pass(.seconds(1)) == [])
        #expect(pool.plan(PodNeeds()) == .place("b"))
        #expect(pool.heard(Self.runner("a")) == .returned)
        #expect(!pool.isLost("a"))
        #expect(pool.heard(Self.runner("a")) == .known)
    }

    @Test("a runner that was restarted within the limit is not lost, but asked what it has")
    func restart() {
        var pool = Self.pool(Self.runner("a"))
        _ = pool.pass(.seconds(9))
        #expect(pool.heard(Self.runner("a", incarnation: "2")) == .new)
        #expect(pool.pass(.seconds(9)) == [])
    }

    @Test("a runner that has pods of ours and is never heard of is lost, too")
    func neverHeard() {
        var pool = RunnerPool(silenceLimit: Self.limit)
        pool.take(PodNeeds(), on: "a")
        #expect(pool.plan(PodNeeds()) == .infeasible("Unschedulable: no nodes available to schedule pods"))
        #expect(pool.pass(.seconds(10)) == [])
        #expect(pool.pass(.seconds(1)) == ["a"])
    }
}
