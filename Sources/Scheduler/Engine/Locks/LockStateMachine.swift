import HeapModule
package import Model

/// One lock at its home: who holds it, and who waits for it in which order.
///
/// A holder asks once and gives back once in an attempt, so whatever comes again changes nothing. A request that comes
/// after its own release stands as a claim of nobody: it is granted in its turn, refused by the workflow's shard, and
/// given back. Until then it counts, so there are never more holders than the limit lets in.
package struct LockStateMachine: Sendable {
    package struct Claim: Sendable, Hashable {
        /// Names its row, and orders claims of the same priority and age.
        package let number: Int64
        package let request: LockRequest
        package var isGranted: Bool

        package init(number: Int64, request: LockRequest, isGranted: Bool = false) {
            self.number = number
            self.request = request
            self.isGranted = isGranted
        }
    }

    /// How many may hold a lock and wait for it.
    package static let claimLimit = 1_000_000
    /// How many holders a notice names.
    private static let namedHolders = 100

    package let name: LockName
    /// How many may hold it; `nil` while nobody can say: who holds it goes on, and nobody is let in.
    package var limit: Int?
    package private(set) var claims: [PodIdentity: Claim] = [:]
    /// The holders, in the order in which they were let in.
    private var holders: [PodIdentity] = []
    /// Those who wait, the first one greatest; and some who have given up waiting since.
    private var queue = Heap<Place>()

    package init(_ name: LockName, limit: Int?) {
        self.name = name
        self.limit = limit
    }

    package var isEmpty: Bool { self.claims.isEmpty }

    package var heldCount: Int { self.holders.count }
    package var free: Int { max(0, (self.limit ?? 0) - self.heldCount) }

    /// Those who were let in.
    package var granted: [Claim] { self.holders.compactMap { self.claims[$0] } }

    /// Takes a claim as it is stored.
    package mutating func restore(_ claim: Claim) {
        guard self.claims.updateValue(claim, forKey: claim.request.holder) == nil else { return }
        if claim.isGranted {
            self.holders.append(claim.request.holder)
        } else {
            self.queue.insert(Place(claim))
        }
    }

    /// Adds a claim; `false` where there is one of this holder, or no more room.
    package mutating func add(_ request: LockRequest, number: Int64) -> Bool {
        guard self.claims[request.holder] == nil, self.claims.count < Self.claimLimit else { return false }
        self.restore(Claim(number: number, request: request))
        return true
    }

    /// Removes a holder, or one who waits; `nil` where there is none.
    package mutating func release(_ holder: PodIdentity) -> Claim? {
        guard let claim = self.claims.removeValue(forKey: holder) else { return nil }
        if claim.isGranted {
            self.holders.removeAll { $0 == holder }
        } else if self.queue.count > 2 * self.claims.count {
            self.queue = Heap(self.claims.values.filter { !$0.isGranted }.map(Place.init))
        }
        return claim
    }

    /// Lets in those whose turn it is, as long as there is room.
    package mutating func grant() -> [Claim] {
        var granted: [Claim] = []
        while self.free > 0, let next = self.queue.popMax() {
            guard var claim = self.claims[next.holder], claim.number == next.number else { continue }
            claim.isGranted = true
            self.claims[next.holder] = claim
            self.holders.append(next.holder)
            granted.append(claim)
        }
        return granted
    }

    /// What a holder is told.
    package func notice(of request: LockRequest) -> LockNotice {
        guard let claim = self.claims[request.holder] else {
            var notice = LockNotice(.refused, of: request)
            notice.message = "\(self.name) has \(Self.claimLimit) requests: let some of them end first"
            return notice
        }
        var notice = LockNotice(claim.isGranted ? .granted : .waiting, of: request)
        notice.free = self.free
        notice.limit = self.limit ?? 0
        guard !claim.isGranted, self.name.isOfSpec else { return notice }
        notice.holders = self.holders.prefix(Self.namedHolders).compactMap { self.claims[$0]?.request.holderKey }
        return notice
    }

    /// The place of a claim among those who wait: the greater is served first.
    private struct Place: Comparable {
        let priority: Int
        let age: Int64
        let number: Int64
        let holder: PodIdentity

        init(_ claim: Claim) {
            self.priority = claim.request.priority
            self.age = claim.request.createdAt?.nanoseconds ?? 0
            self.number = claim.number
            self.holder = claim.request.holder
        }

        static func < (left: Self, right: Self) -> Bool {
            (left.priority, right.age, right.number) < (right.priority, left.age, left.number)
        }
    }
}
