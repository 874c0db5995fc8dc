import Model
import OrderedCollections
import WorkflowEngine

/// The homes of all locks, and what is on its way to them and from them.
///
/// Requests and notices may pass each other, come late and twice; what is stored, claims and releases, is never lost.
struct LockHomes {
    /// How many may hold a semaphore.
    static let semaphoreLimit = 2

    private(set) var locks: OrderedDictionary<String, LockStateMachine> = [:]
    var requests: [LockRequest] = []
    var notices: [LockNotice] = []
    /// Whether one more is let in than may be.
    let isGenerous: Bool
    private var lastClaim: Int64 = 0

    init(isGenerous: Bool) { self.isGenerous = isGenerous }

    var isQuiet: Bool { self.requests.isEmpty && self.notices.isEmpty }

    static func limit(_ lock: LockName) -> Int {
        if case .semaphore = lock { self.semaphoreLimit } else { 1 }
    }

    /// Who holds a lock.
    func holders(of lock: String) -> [PodIdentity] { self.locks[lock]?.granted.map(\.request.holder) ?? [] }

    /// Those who hold a lock or wait for it, with the lock's name.
    var claims: [(lock: String, claim: LockStateMachine.Claim)] {
        self.locks.values.flatMap { lock in lock.claims.values.map { ("\(lock.name)", $0) } }
    }

    /// Takes a request or a release, as `ShardState` does.
    mutating func take(_ request: LockRequest) {
        guard let name = LockName(request.lock) else { return }
        var lock =
            self.locks.removeValue(forKey: request.lock)
            ?? LockStateMachine(name, limit: Self.limit(name) + (self.isGenerous ? 1 : 0))
        defer { if !lock.isEmpty { self.locks[request.lock] = lock } }
        if request.isReleased {
            guard lock.release(request.holder) != nil else { return }
            self.notices += lock.grant().map { lock.notice(of: $0.request) }
            return
        }
        self.lastClaim += 1
        _ = lock.add(request, number: self.lastClaim)
        self.notices += lock.grant().filter { $0.request.holder != request.holder }.map { lock.notice(of: $0.request) }
        self.notices.append(lock.notice(of: request))
    }

    /// A home is loaded anew: its claims are what is left, and it tells all holders again.
    mutating func recover() {
        for (text, old) in self.locks {
            var lock = LockStateMachine(old.name, limit: old.limit)
            for claim in old.claims.values.sorted(by: { $0.number < $1.number }) { lock.restore(claim) }
            self.notices += lock.granted.map { lock.notice(of: $0.request) }
            self.notices += lock.grant().map { lock.notice(of: $0.request) }
            self.locks[text] = lock
        }
    }
}
