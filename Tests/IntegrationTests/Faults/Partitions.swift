import IntegrationSupport
import TestSupport

/// Networks that lose packets between members, without a word to either side: connections hang, and nobody is told.
///
/// One partition lasts at a time; some begin so soon after the last one that connections are still being made.
struct Partitions: Faults {
    private enum Shape: CaseIterable {
        /// One from all others, in both directions, or in one.
        case one, oneIsDeaf, oneIsMute
        /// Two groups: what is within each goes on.
        case groups
        /// From one to another one.
        case pair
    }

    static let members =
        ["scheduler-0", "scheduler-1", "scheduler-2", "runner-0", "runner-1", "gateway-0", "gateway-1"]
        + [LocalCluster.database]
    /// One of so many is a long one.
    private static let longRate = 5
    /// Shorter than a lease of three seconds, or longer.
    private static let usual = 300..<5_500
    /// Some are longer than a runner may be silent, which is ten seconds.
    private static let long = 8_000..<14_000

    let cluster: LocalCluster

    func strike(_ random: inout SplitMix64) async throws -> Int {
        let directions = Self.directions(&random)
        let range = random.below(Self.longRate) == 0 ? Self.long : Self.usual
        let milliseconds = range.lowerBound + random.below(range.count)
        print("partition of \(milliseconds) ms: \(directions.joined(separator: "  "))")
        try self.cluster.cut(directions)
        try await Task.sleep(for: .milliseconds(milliseconds))
        try self.cluster.cut([])
        return 1
    }

    /// Who is no longer heard by whom, as `LocalCluster.cut` takes it.
    static func directions(_ random: inout SplitMix64) -> [String] {
        let member = Self.members[random.below(Self.members.count)]
        switch Shape.allCases[random.below(Shape.allCases.count)] {
        case .one: return ["\(member)>*", "*>\(member)"]
        case .oneIsDeaf: return ["*>\(member)"]
        case .oneIsMute: return ["\(member)>*"]
        case .groups:
            // The first always stands alone against the database, or neither group would be one.
            var groups: [[String]] = [[Self.members[0]], [LocalCluster.database]]
            for member in Self.members.dropFirst().dropLast() { groups[random.below(2)].append(member) }
            let names = groups.map { $0.joined(separator: ",") }
            return ["\(names[0])>\(names[1])", "\(names[1])>\(names[0])"]
        case .pair:
            let others = Self.members.filter { $0 != member }
            return ["\(member)>\(others[random.below(others.count)])"]
        }
    }
}
