import Foundation
import JSON
import Logging
import Model
import Synchronization
import Testing

@testable import NodeRunner

/// Takes reports as a scheduler would, and lets a test wait for what it is told.
actor ReportLog {
    private(set) var reports: [PodReport] = []
    private var waiters: [(matches: (PodReport) -> Bool, continuation: CheckedContinuation<PodReport, Never>)] = []
    private var refusals = 0

    /// Refuses the next so many reports, as an unreachable scheduler does.
    func refuse(_ count: Int) { self.refusals = count }

    private var heldIdentity: PodIdentity?
    private var heldCalls: [CheckedContinuation<Void, Never>] = []
    private var heldWaiters: [CheckedContinuation<Void, Never>] = []

    /// Leaves calls without an answer that report of this pod, as a scheduler does that has died.
    func hold(_ identity: PodIdentity) { self.heldIdentity = identity }

    /// Returns once a call is left without an answer.
    func untilHeld() async {
        if self.heldCalls.isEmpty { await withCheckedContinuation { self.heldWaiters.append($0) } }
    }

    func release() {
        self.heldIdentity = nil
        for call in self.heldCalls { call.resume() }
        self.heldCalls = []
    }

    func take(_ report: PodReport) async throws {
        if report.identity == self.heldIdentity {
            await withCheckedContinuation { call in
                self.heldCalls.append(call)
                for waiter in self.heldWaiters { waiter.resume() }
                self.heldWaiters = []
            }
        }
        if self.refusals > 0 {
            self.refusals -= 1
            throw RunnerError(.unavailable, "not now")
        }
        self.reports.append(report)
        self.waiters.removeAll { waiter in
            guard waiter.matches(report) else { return false }
            waiter.continuation.resume(returning: report)
            return true
        }
    }

    func first(where matches: @escaping @Sendable (PodReport) -> Bool) async -> PodReport {
        if let report = self.reports.first(where: matches) { return report }
        return await withCheckedContinuation { self.waiters.append((matches, $0)) }
    }

    /// The last report of a pod.
    func final(of identity: PodIdentity) async -> PodReport {
        await self.first { $0.identity == identity && $0.phase.isFulfilled }
    }

    /// The last report of a pod that follows so many of its last reports.
    func next(after count: Int, of identity: PodIdentity) async -> PodReport {
        let reports = self.reports.filter { $0.identity == identity && $0.phase.isFulfilled }
        if reports.count > count { return reports[count] }
        return await withCheckedContinuation { continuation in
            self.waiters.append(({ $0.identity == identity && $0.phase.isFulfilled }, continuation))
        }
    }

    func count(of identity: PodIdentity, _ phase: NodePhase) -> Int {
        self.reports.count { $0.identity == identity && $0.phase == phase }
    }
}

/// A runner on a data folder of its own, which goes with the test.
struct RunnerFixture: Sendable {
    let folder: String
    let configuration: RunnerConfiguration
    let log: ReportLog

    /// Runs a test with a runner, and ends the runner after it.
    static func with(
        isolation: Isolation?, _ body: @Sendable (RunnerFixture, LocalRunner) async throws -> Void
    ) async throws {
        let fixture = try RunnerFixture(isolation: isolation)
        defer { fixture.cleanUp() }
        try await fixture.running { try await body(fixture, $0) }
    }

    init(isolation: Isolation?, _ change: (inout RunnerConfiguration) throws -> Void = { _ in }) throws {
        self.folder = "/var/tmp/apus-runner-tests/\(UUID().uuidString)"
        try HostFiles.makeFolders(self.folder)
        var configuration = RunnerConfiguration(
            dataFolder: self.folder, isolation: isolation, supervisorPath: try RunnerFixture.supervisorPath(),
            hostName: "testhost", environment: ProcessInfo.processInfo.environment)
        try change(&configuration)
        self.configuration = configuration
        self.log = ReportLog()
    }

    /// Starts a runner, runs the body, and lets go of the runner as a killed process would: its pods go on.
    func running(_ body: @Sendable (LocalRunner) async throws -> Void) async throws {
        let log = self.log
        let runner = try await LocalRunner.start(self.configuration, logger: Logger(label: "test")) { reports in
            for report in reports { try await log.take(report) }
            return []
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await runner.run() }
            try await body(runner)
            group.cancelAll()
        }
    }

    func cleanUp() {
        do { try HostFiles.remove(self.folder) } catch { Issue.record("\(error)") }
    }

    static func supervisorPath() throws -> String {
        let program = try #require(HostFiles.canonicalPath("/proc/self/exe"))
        let folder = URL(fileURLWithPath: program).deletingLastPathComponent().path
        return "\(folder)/apus-supervisor"
    }

    /// A launch of `/bin/sh -c`, under a name that no other test uses.
    func shell(_ script: String, name: String = "pod", attempt: Int = 0) -> PodLaunch {
        self.command(["/bin/sh", "-c", script], name: name, attempt: attempt)
    }

    func command(_ words: [String], name: String = "pod", attempt: Int = 0) -> PodLaunch {
        var launch = PodLaunch()
        launch.identity = PodIdentity(workflowUID: "uid-1", nodeID: "wf-\(name)", attempt: attempt)
        launch.namespace = "argo"
        launch.workflowName = "wf"
        launch.podName = "wf-\(name)"
        launch.nodeName = name
        launch.templateName = "main"
        launch.container.name = "main"
        launch.container.command = words
        launch.gracePeriodSeconds = 1
        return launch
    }

    func podFolder(_ launch: PodLaunch) throws -> PodFolder {
        try PodFolder(
            root: self.configuration.podsFolder, workflowUID: launch.identity.workflowUID, podName: launch.podName,
            attempt: launch.identity.attempt)
    }
}

/// The isolations that this machine can give, each with the reason why another cannot be had.
enum Isolations {
    static let sandboxProblem: String? = {
        do {
            let fixture = try RunnerFixture(isolation: nil)
            defer { fixture.cleanUp() }
            return MachineCapabilities.probe(
                supervisorPath: fixture.configuration.supervisorPath, scratch: fixture.folder, environment: [:]
            ).sandboxProblem
        } catch {
            return "\(error)"
        }
    }()

    static let available: [Isolation] = sandboxProblem == nil ? [.none, .sandbox] : [.none]
}
