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

    private let environment: [String: String]

    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../scripts/cluster").standardized

    /// Starts a cluster in `folder` and returns once it answers.
    ///
    /// - Parameter environment: added to that of the members.
    package init(
        folder: URL, schedulers: Int = 3, runners: Int = 1, gateways: Int = 2, isolation: String = "none",
        environment: [String: String] = [:]
    ) throws {
        self.folder = folder
        self.environment = environment
        try self.perform([
            "up", "--dir", folder.path, "--schedulers", "\(schedulers)", "--runners", "\(runners)", "--gateways",
            "\(gateways)", "--isolation", isolation,
        ])
    }

    /// Stops a member if it runs, and starts it again.
    package func restart(_ name: String) throws { try self.perform(["restart", "--dir", self.folder.path, name]) }

    package func down() throws { try self.perform(["down", "--dir", self.folder.path]) }

    /// Ends a member as a crash would: SIGKILL, no farewell.
    package func kill(_ name: String) throws { try self.signal(SIGKILL, name) }

    package func signal(_ number: Int32, _ name: String) throws {
        guard let pid = self.processIDs[name] else { throw FixtureError("there is no \(name)") }
        Foundation.kill(pid, number)
    }

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
