import ActorTransport
import Model
import OrderedCollections

/// The runners as one scheduler sees them: who lives, what each offers, and what of it our pods have taken.
///
/// A pure value. Time comes in with `pass`; only time in which the scheduler itself was awake counts as silence, so
/// that a scheduler that was stopped does not hold its own absence against others.
struct RunnerPool: Sendable {
    /// How many runners are kept in mind.
    static let limit = 10_000

    /// What an announcement told.
    enum Arrival: Hashable, Sendable {
        /// A sign of life of one that was known to live.
        case known
        /// It was not known, or its process is another one than before: what it has must be asked.
        case new
        /// It had been given up.
        case returned
    }

    private struct Runner: Sendable {
        var offer: RunnerAnnouncement?
        var silence = Duration.zero
        var isLost = false
        /// It has refused a pod since it was last heard of.
        var isFull = false
        var pods = 0
        var milliCPU = 0
        var memory = 0

        func hasRoom(for needs: PodNeeds) -> Bool {
            guard let offer = self.offer, !offer.isDraining, !self.isFull, self.pods < offer.pods else { return false }
            return (offer.milliCPU == 0 || self.milliCPU + needs.milliCPU <= offer.milliCPU)
                && (offer.memory == 0 || self.memory + needs.memory <= offer.memory)
        }

        /// How much of its pods is free, so far as is known; others may have taken more since it was heard of.
        var freeShare: Double {
            guard let offer = self.offer else { return 0 }
            return 1 - Double(max(self.pods, offer.usedPods)) / Double(max(1, offer.pods))
        }
    }

    /// How long a runner may be silent before it is lost.
    let silenceLimit: Duration
    private var runners: [String: Runner] = [:]

    init(silenceLimit: Duration) { self.silenceLimit = silenceLimit }

    /// The runners that live and were heard of, by name.
    var living: [String] { self.runners.filter { $0.value.offer != nil && !$0.value.isLost }.keys.sorted() }

    /// The runners that were heard of, by name.
    var known: [ClusterMember] {
        self.runners.values.compactMap { runner in
            runner.offer.map { ClusterMember($0, isLost: runner.isLost) }
        }.sorted { $0.name < $1.name }
    }

    /// The runners that are lost.
    var lost: Set<String> { Set(self.runners.filter(\.value.isLost).keys) }

    func isLost(_ name: String) -> Bool { self.runners[name]?.isLost ?? false }

    // MARK: Life

    /// Takes a sign of life.
    mutating func heard(_ announcement: RunnerAnnouncement) -> Arrival {
        let name = announcement.name
        guard self.runners[name] != nil || self.runners.count < Self.limit else { return .known }
        let before = self.runners[name] ?? Runner()
        self.runners[name, default: Runner()].offer = announcement
        self.runners[name]?.silence = .zero
        self.runners[name]?.isLost = false
        self.runners[name]?.isFull = false
        if before.isLost { return .returned }
        return before.offer?.incarnation == announcement.incarnation ? .known : .new
    }

    /// Expects a runner that has pods of ours, though it may not have been heard of yet.
    mutating func expect(_ name: String) {
        if self.runners[name] == nil { self.runners[name] = Runner() }
    }

    /// Lets time pass; answers the runners that are lost by it.
    mutating func pass(_ duration: Duration) -> [String] {
        var lost: [String] = []
        for (name, runner) in self.runners {
            if runner.isLost, runner.pods == 0, runner.silence > RunnerPool.memory {
                self.runners[name] = nil
                continue
            }
            self.runners[name]?.silence += duration
            guard !runner.isLost, runner.silence + duration > self.silenceLimit else { continue }
            self.runners[name]?.isLost = true
            lost.append(name)
        }
        return lost.sorted()
    }

    /// How long a lost runner is remembered.
    private static let memory = Duration.seconds(3_600)

    // MARK: Placement

    /// What becomes of a pod that asks for a runner.
    enum Plan: Hashable, Sendable {
        /// It is proposed to this one, which may refuse it.
        case place(String)
        /// Some runner could take it, but none has room at this moment.
        case wait
        /// No runner could ever take it; says why, in the words of Kubernetes.
        case infeasible(String)
    }

    /// Feasible, then ranked: the runner with the largest free share is proposed.
    ///
    /// Only our own pods count as taking room: what others have given to a runner changes too fast to be told, so the
    /// runner refuses what is too much.
    func plan(_ needs: PodNeeds) -> Plan {
        var misfits: [Misfit: Int] = [:]
        var best: (share: Double, name: String)?
        var isFeasible = false
        for (name, runner) in self.runners where !runner.isLost {
            guard let offer = runner.offer else { continue }
            if let misfit = Self.misfit(needs, offer) {
                misfits[misfit, default: 0] += 1
                continue
            }
            isFeasible = true
            guard runner.hasRoom(for: needs) else { continue }
            let share = runner.freeShare
            // Names decide between equals, so that the plan does not depend on the order of a dictionary.
            if let rival = best, (rival.share, name) > (share, rival.name) { continue }
            best = (share, name)
        }
        if let best { return .place(best.name) }
        if isFeasible { return .wait }
        return .infeasible(Self.cause(misfits))
    }

    /// Why a runner cannot have a pod, even when it has nothing else to do.
    private enum Misfit: String, CaseIterable {
        case cpu = "Insufficient cpu"
        case memory = "Insufficient memory"
        case noPods = "Too many pods"
        case backend = "node(s) didn't have the requested backend"
        case selector = "node(s) didn't match Pod's node affinity/selector"
    }

    private static func misfit(_ needs: PodNeeds, _ offer: RunnerAnnouncement) -> Misfit? {
        for (key, value) in needs.labels where offer.labels[key] != value { return .selector }
        if let backend = needs.backend, !offer.backends.contains(backend) { return .backend }
        if offer.pods == 0 { return .noPods }
        if offer.milliCPU > 0, needs.milliCPU > offer.milliCPU { return .cpu }
        if offer.memory > 0, needs.memory > offer.memory { return .memory }
        return nil
    }

    private static func cause(_ misfits: [Misfit: Int]) -> String {
        let total = misfits.values.reduce(0, +)
        guard total > 0 else { return "Unschedulable: no nodes available to schedule pods" }
        let parts = Misfit.allCases.compactMap { misfit in misfits[misfit].map { "\($0) \(misfit.rawValue)" } }
        return "Unschedulable: 0/\(total) nodes are available: \(parts.joined(separator: ", "))."
    }

    // MARK: Room

    /// Counts a pod that is placed on a runner.
    mutating func take(_ needs: PodNeeds, on name: String) {
        self.expect(name)
        self.runners[name]?.pods += 1
        self.runners[name]?.milliCPU += needs.milliCPU
        self.runners[name]?.memory += needs.memory
    }

    /// Counts a pod no more that has ended, or is placed elsewhere.
    mutating func release(_ needs: PodNeeds, from name: String) {
        self.runners[name]?.pods -= 1
        self.runners[name]?.milliCPU -= needs.milliCPU
        self.runners[name]?.memory -= needs.memory
        self.runners[name]?.isFull = false
    }

    /// Nothing more is proposed to a runner until it is heard of again, or a pod of ours there ends.
    mutating func refused(by name: String) { self.runners[name]?.isFull = true }
}
