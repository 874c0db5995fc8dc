package import Foundation
import JSON
import OrderedCollections

/// Real schedulers, runners and gateways on PostgreSQL, each in a process of its own: what `scripts/cluster` starts.
package final class LocalCluster {
    package let folder: URL
    package private(set) var gateways: [String] = []
    package private(set) var processIDs: [String: Int32] = [:]
    package private(set) var postgres = ""
    /// Where each member tells what it measures.
    package private(set) var metrics: [String: String] = [:]

    /// PostgreSQL's name among the members.
    package static let database = "postgres"

    private let environment: [String: String]

    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../scripts/cluster").standardized

    /// Starts a cluster in `folder` and returns once it answers.
    ///
    /// - Parameters:
    ///   - hasNetworks: whether each member has a network of its own, so that `cut` can part them.
    ///   - environment: added to that of the members.
    package init(
        folder: URL, schedulers: Int = 3, runners: Int = 1, gateways: Int = 2, isolation: String = "none",
        hasNetworks: Bool = false, environment: [String: String] = [:]
    ) throws {
        self.folder = folder
        self.environment = environment
        try self.perform(
            [
                "up", "--dir", folder.path, "--schedulers", "\(schedulers)", "--runners", "\(runners)", "--gateways",
                "\(gateways)", "--isolation", isolation,
            ] + (hasNetworks ? ["--networks"] : []))
    }

    /// Stops a member if it runs, and starts it again.
    package func restart(_ name: String) throws { try self.perform(["restart", "--dir", self.folder.path, name]) }

    package func down() throws { try self.perform(["down", "--dir", self.folder.path]) }

    /// Ends a member as a crash would: SIGKILL, no farewell.
    package func kill(_ name: String) throws { try self.signal(SIGKILL, name) }

    /// Signals a member; stopping and continuing PostgreSQL are for all of its processes.
    package func signal(_ number: Int32, _ name: String) throws {
        guard let pid = self.processIDs[name] else { throw FixtureError("there is no \(name)") }
        Foundation.kill(pid, number)
        guard name == Self.database, [SIGSTOP, SIGCONT].contains(number) else { return }
        // The first one starts the others, and starts no more of them once it stands still.
        let children = try String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)
        for child in children.split(separator: " ").compactMap({ Int32($0) }) { Foundation.kill(child, number) }
    }

    /// Loses the packets between members, in silence, and no others any more: `["a,b>c"]` those from a and b to c.
    ///
    /// `*` is everybody else, this machine among them; nothing at all heals.
    package func cut(_ directions: [String]) throws {
        try self.perform(["cut", "--dir", self.folder.path] + directions)
    }

    /// Why members can have no networks of their own here, if they cannot.
    package static let networksProblem: String? = {
        do {
            let result = try run(LocalCluster.script, ["networks"])
            return result.exitCode == 0 ? nil : result.errors
        } catch {
            return "\(error)"
        }
    }()

    /// What a member has logged.
    package func log(_ name: String) throws -> String {
        try String(contentsOf: self.folder.appendingPathComponent("\(name).log"), encoding: .utf8)
    }

    private func perform(_ arguments: [String]) throws {
        let environment = self.environment.merging(["APUS_BINARY": try ApusBinary.url.path]) { _, own in own }
        let result = try run(Self.script, arguments, environment: environment)
        guard result.exitCode == 0 else { throw FixtureError("scripts/cluster \(arguments[0]): \(result.errors)") }
        guard !result.output.isEmpty else { return }
        let report = try JSONValue.parse(result.output)
        self.gateways = report["gateways"]?.arrayValue?.compactMap(\.stringValue) ?? []
        self.postgres = report["postgres"]?.stringValue ?? ""
        for (name, url) in report["metrics"]?.objectValue ?? [:] { self.metrics[name] = url.stringValue }
        self.processIDs = [:]
        for (name, pid) in report["pids"]?.objectValue ?? [:] {
            self.processIDs[name] = Int32(pid.text)
        }
    }
}
