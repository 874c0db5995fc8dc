import Foundation
import IntegrationSupport
import TestSupport

/// Processes that crash, stand still and come back.
///
/// Some faults strike while another lasts: one member is frozen, and another killed, or the database restarted.
struct ProcessFaults: Faults {
    private enum Fault: CaseIterable {
        case killScheduler, killRunner, killGateway, freezeScheduler, freezeRunner, freezeGateway
        case restartDatabase, crashDatabase, freezeDatabase

        var isOfDatabase: Bool { [.restartDatabase, .crashDatabase, .freezeDatabase].contains(self) }
        var isFreeze: Bool { [.freezeScheduler, .freezeRunner, .freezeGateway, .freezeDatabase].contains(self) }
    }

    /// Two gateways, three schedulers, two runners: whom a fault may strike.
    private static let members = ["scheduler": 3, "runner": 2, "gateway": 2]
    /// A frozen member comes back before or after a lease of three seconds would have ended.
    private static let freezeMax = 4_500
    /// How long a killed member stays away.
    private static let pauseMax = 600
    /// One of so many faults strikes while another lasts.
    private static let overlapRate = 2

    let cluster: LocalCluster

    func strike(_ random: inout SplitMix64) async throws -> Int {
        let first = try await self.begin(unless: [], &random)
        var struck = first
        if random.below(Self.overlapRate) == 0 { struck += try await self.begin(unless: first, &random) }
        // A scheduler that starts waits for its database a few seconds at most.
        for struck in struck.filter({ $0.fault.isOfDatabase }) + struck.filter({ !$0.fault.isOfDatabase }) {
            if struck.fault.isFreeze {
                try self.cluster.signal(SIGCONT, struck.member)
            } else {
                try self.cluster.restart(struck.member)
            }
        }
        return struck.count
    }

    private typealias Struck = (fault: Fault, member: String)

    /// Begins a fault, and waits for a while; one that is away already is not struck.
    private func begin(unless away: [Struck], _ random: inout SplitMix64) async throws -> [Struck] {
        let fault = Fault.allCases[random.below(Fault.allCases.count)]
        let member = Self.victim(of: fault, &random)
        guard !away.contains(where: { $0.member == member }) else { return [] }
        switch fault {
        case .killScheduler, .killRunner, .killGateway:
            try self.cluster.kill(member)
            try await Self.pause(random.below(Self.pauseMax))
        case .freezeScheduler, .freezeRunner, .freezeGateway, .freezeDatabase:
            try self.cluster.signal(SIGSTOP, member)
            try await Self.pause(random.below(Self.freezeMax))
        case .crashDatabase:
            // It ends at once, as in a crash, and goes through its log when it starts.
            try self.cluster.signal(SIGQUIT, member)
            try await Self.pause(random.below(Self.pauseMax))
        case .restartDatabase: break
        }
        return [(fault, member)]
    }

    private static func victim(of fault: Fault, _ random: inout SplitMix64) -> String {
        let role =
            switch fault {
            case .killScheduler, .freezeScheduler: "scheduler"
            case .killRunner, .freezeRunner: "runner"
            case .killGateway, .freezeGateway: "gateway"
            case .restartDatabase, .crashDatabase, .freezeDatabase: LocalCluster.database
            }
        return Self.members[role].map { "\(role)-\(random.below($0))" } ?? role
    }

    private static func pause(_ milliseconds: Int) async throws {
        try await Task.sleep(for: .milliseconds(milliseconds))
    }
}
