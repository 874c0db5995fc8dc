import Model
import TestSupport
import Testing
import WorkflowEngine

@Suite("LockStateMachine")
struct LockStateMachineTests {
    @Test("the first who asks holds a mutex, the next waits and is told who holds it")
    func mutex() {
        var lock = Self.lock()
        let isNew1 = lock.add(Self.request("a"), number: 1)
        #expect(isNew1)
        let granted2 = lock.grant()
        #expect(granted2.map(\.request.holder.workflowUID) == ["a"])
        let isNew3 = lock.add(Self.request("b"), number: 2)
        #expect(isNew3)
        let granted4 = lock.grant()
        #expect(granted4.isEmpty)
        let notice = lock.notice(of: Self.request("b"))
        #expect(notice.state == .waiting)
        #expect((notice.free, notice.limit) == (0, 1))
        #expect(notice.holders == ["default/a"])
        #expect(lock.notice(of: Self.request("a")).state == .granted)
        let released5 = lock.release(Self.request("a").holder)
        #expect(released5 != nil)
        let granted6 = lock.grant()
        #expect(granted6.map(\.request.holder.workflowUID) == ["b"])
    }

    @Test("the greater priority is served first, then the older workflow, then who came first")
    func order() {
        var lock = Self.lock()
        _ = lock.add(Self.request("holder"), number: 1)
        _ = lock.grant()
        let requests = [
            Self.request("young", createdAt: 9), Self.request("old", createdAt: 3),
            Self.request("important", priority: 5, createdAt: 9), Self.request("old-too", createdAt: 3),
        ]
        for (index, request) in requests.enumerated() { _ = lock.add(request, number: Int64(index + 2)) }
        var order: [String] = []
        var last = Self.request("holder")
        while lock.release(last.holder) != nil, let next = lock.grant().first {
            order.append(next.request.workflow)
            last = next.request
        }
        #expect(order == ["important", "old", "old-too", "young"])
        #expect(lock.isEmpty)
    }

    @Test("whoever waits is served in order, whoever has given up waiting", arguments: Seeds.draw(20))
    func randomOrder(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var lock = Self.lock(limit: 2)
        var waiting: [LockRequest] = []
        var held: [LockRequest] = []
        var number: Int64 = 0
        for _ in 0..<400 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0...2:
                number += 1
                let request = Self.request(
                    "w\(number)", priority: Int.random(in: 0...2, using: &random),
                    createdAt: Int64.random(in: 0...5, using: &random))
                _ = lock.add(request, number: number)
                let place = waiting.firstIndex {
                    ($0.priority, request.createdAt?.nanoseconds ?? 0) < (
                        request.priority, $0.createdAt?.nanoseconds ?? 0
                    )
                }
                waiting.insert(request, at: place ?? waiting.endIndex)
            case 3:
                guard let index = waiting.indices.randomElement(using: &random) else { continue }
                let given = lock.release(waiting.remove(at: index).holder)
                #expect(given != nil)
            default:
                guard let index = held.indices.randomElement(using: &random) else { continue }
                let given = lock.release(held.remove(at: index).holder)
                #expect(given != nil)
            }
            let granted = lock.grant().map(\.request)
            let expected = Array(waiting.prefix(2 - held.count))
            #expect(granted == expected, "seed \(seed)")
            waiting.removeFirst(expected.count)
            held += granted
        }
    }

    @Test("a request that comes again changes nothing, nor does a release")
    func repeated() {
        var lock = Self.lock(limit: 2)
        for (index, name) in ["a", "b", "c"].enumerated() {
            let isNew7 = lock.add(Self.request(name), number: Int64(2 * index))
            #expect(isNew7)
            let isNew8 = lock.add(Self.request(name), number: Int64(2 * index + 1))
            #expect(!isNew8)
        }
        _ = lock.grant()
        #expect(lock.heldCount == 2)
        let released9 = lock.release(Self.request("a").holder)
        #expect(released9 != nil)
        let released10 = lock.release(Self.request("a").holder)
        #expect(released10 == nil)
        let granted11 = lock.grant()
        #expect(granted11.map(\.request.workflow) == ["c"])
        #expect(lock.heldCount == 2)
    }

    @Test("a limit that grows lets more in, one that shrinks takes nobody's lock, one that is unknown lets nobody in")
    func limits() {
        var lock = Self.lock(limit: 1)
        for (number, name) in ["a", "b", "c"].enumerated() { _ = lock.add(Self.request(name), number: Int64(number)) }
        let granted12 = lock.grant()
        #expect(granted12.count == 1)
        lock.limit = 3
        let granted13 = lock.grant()
        #expect(granted13.count == 2)
        lock.limit = 1
        #expect(lock.heldCount == 3)
        #expect(lock.free == 0)
        _ = lock.add(Self.request("d"), number: 4)
        for name in ["a", "b"] {
            _ = lock.release(Self.request(name).holder)
            let granted14 = lock.grant()
            #expect(granted14.isEmpty)
        }
        lock.limit = nil
        _ = lock.release(Self.request("c").holder)
        let granted15 = lock.grant()
        #expect(granted15.isEmpty)
        lock.limit = 1
        let granted16 = lock.grant()
        #expect(granted16.map(\.request.workflow) == ["d"])
    }

    @Test("the name of a lock is read as it is written")
    func names() {
        let names: [LockName] = [
            .mutex(namespace: "default", name: "a/b"), .semaphore(namespace: "n", configMap: "map", key: "k"),
            .parallelism(namespace: "n"), .parallelism(namespace: nil),
        ]
        for name in names { #expect(LockName("\(name)") == name) }
        #expect("\(names[0])" == "default/Mutex/a/b")
        #expect("\(names[1])" == "n/ConfigMap/map/k")
        #expect(LockName("default/Database/x") == nil)
        #expect(names.sorted() == [names[2], names[3], names[0], names[1]])
    }

    // MARK: By chance

    @Test("however messages are lost, doubled and mixed up, nobody exceeds the limit and everybody is served")
    func byChance() throws {
        for seed in Seeds.draw(200) {
            var world = LockWorld(seed: seed)
            try world.run()
        }
    }

    @Test("a home that lets one too many in is noticed")
    func plantedFault() {
        let noticed = (UInt64(1)...20).contains { seed in
            var world = LockWorld(seed: seed)
            world.isFaulty = true
            do { try world.run() } catch { return true }
            return false
        }
        #expect(noticed)
    }

    static func lock(limit: Int = 1) -> LockStateMachine {
        LockStateMachine(.mutex(namespace: "default", name: "m"), limit: limit)
    }

    static func request(_ name: String, priority: Int = 0, createdAt: Int64 = 0, attempt: Int = 0) -> LockRequest {
        var request = LockRequest()
        request.lock = "default/Mutex/m"
        request.holder = PodIdentity(workflowUID: name, nodeID: "", attempt: attempt)
        request.workflow = name
        request.namespace = "default"
        request.priority = priority
        request.createdAt = Timestamp(seconds: createdAt)
        return request
    }
}

/// A lock's home and those who ask it, over a wire that loses, doubles and reorders; both ends say again what was not
/// heard, and both may forget everything but what is stored.
struct LockWorld {
    struct Violation: Error, CustomStringConvertible { let description: String }

    private enum Message { case ask(LockRequest), tell(LockNotice) }
    /// What one who asks knows of himself; it is stored.
    private enum Stage { case asking, holding, done }

    private static let stepsMax = 50_000

    let seed: UInt64
    var isFaulty = false
    private var random: SplitMix64
    private var limit: Int
    private var home: LockStateMachine
    private var stored: [PodIdentity: LockStateMachine.Claim] = [:]
    private var stages: [String: Stage] = [:]
    private var requests: [String: LockRequest] = [:]
    private var wire: [Message] = []
    private var nextNumber: Int64 = 1

    init(seed: UInt64) {
        self.seed = seed
        self.random = SplitMix64(seed: seed)
        self.limit = Int.random(in: 1...3, using: &self.random)
        self.home = LockStateMachineTests.lock(limit: self.limit)
        for index in 0..<Int.random(in: 2...12, using: &self.random) {
            let name = "w\(index)"
            self.requests[name] = LockStateMachineTests.request(
                name, priority: Int.random(in: 0...2, using: &self.random), createdAt: Int64(index % 3))
            self.stages[name] = .asking
        }
    }

    mutating func run() throws {
        var steps = 0
        while self.stages.values.contains(where: { $0 != .done }) || !self.home.isEmpty {
            steps += 1
            guard steps < Self.stepsMax else {
                throw Violation(description: "seed \(self.seed): somebody waits for ever: \(self.stages)")
            }
            self.step()
            let holders = self.stages.values.count { $0 == .holding }
            guard holders <= self.limit else {
                throw Violation(description: "seed \(self.seed): \(holders) hold what \(self.limit) may")
            }
        }
    }

    private mutating func step() {
        switch Int.random(in: 0..<10, using: &self.random) {
        case 0: self.sayAgain()
        case 1: self.forget()
        case 2: self.end()
        case 3 where !self.wire.isEmpty:
            self.wire.remove(at: Int.random(in: 0..<self.wire.count, using: &self.random))
        default: self.deliver()
        }
    }

    /// One says again what he wants; the home tells its holders again.
    private mutating func sayAgain() {
        for name in self.requests.keys.sorted() where Bool.random(using: &self.random) {
            guard var request = self.requests[name], let stage = self.stages[name], stage != .holding else { continue }
            request.isReleased = stage == .done
            self.wire.append(.ask(request))
        }
        for claim in self.home.granted { self.wire.append(.tell(self.home.notice(of: claim.request))) }
    }

    /// The home is loaded anew.
    private mutating func forget() {
        self.home = LockStateMachineTests.lock(limit: self.limit)
        for claim in self.stored.values.sorted(by: { $0.number < $1.number }) { self.home.restore(claim) }
        self.grant()
    }

    /// One who holds the lock, or waits for it, ends.
    private mutating func end() {
        let open = self.stages.filter { $0.value != .done }.keys.sorted()
        guard let name = open.randomElement(using: &self.random), var request = self.requests[name] else { return }
        guard self.stages[name] == .holding || Int.random(in: 0..<20, using: &self.random) == 0 else { return }
        self.stages[name] = .done
        request.isReleased = true
        self.wire.append(.ask(request))
    }

    private mutating func deliver() {
        guard !self.wire.isEmpty else { return }
        let place = Int.random(in: 0..<self.wire.count, using: &self.random)
        let message = self.wire[place]
        // Now and then it stays on the wire, and comes again.
        if Int.random(in: 0..<5, using: &self.random) > 0 { self.wire.remove(at: place) }
        switch message {
        case .ask(let request) where request.isReleased:
            if self.home.release(request.holder) != nil { self.stored[request.holder] = nil }
            self.grant()
        case .ask(let request):
            if self.home.add(request, number: self.nextNumber) {
                self.nextNumber += 1
                self.stored[request.holder] = self.home.claims[request.holder]
            }
            self.grant()
            self.wire.append(.tell(self.home.notice(of: request)))
        case .tell(let notice):
            guard notice.state == .granted, let stage = self.stages[notice.workflow] else { return }
            switch stage {
            case .asking: self.stages[notice.workflow] = .holding
            case .holding: break
            case .done:
                guard var request = self.requests[notice.workflow] else { return }
                request.isReleased = true
                self.wire.append(.ask(request))
            }
        }
    }

    private mutating func grant() {
        if self.isFaulty { self.home.limit = self.limit + 1 }
        for claim in self.home.grant() {
            self.stored[claim.request.holder] = claim
            self.wire.append(.tell(self.home.notice(of: claim.request)))
        }
    }
}
