import Foundation
import IntegrationSupport
import JSON
import TestSupport
import Testing

/// What strikes a cluster in a storm, in an order that a seed gives.
protocol Faults {
    /// Has a fault strike, and perhaps others before its end; returns how many faults that were.
    func strike(_ random: inout SplitMix64) async throws -> Int
}

/// One storm: workflows are submitted at an even pace while one fault follows another.
///
/// Workflows see many of them: they are submitted until somebody acknowledges them, by whichever gateway answers.
struct FaultStorm {
    let seed: UInt64
    let cluster: LocalCluster
    let witness: Witness

    /// How long it is quiet after a fault.
    private static let pauseMax = 600
    private static let answerSeconds = 5.0
    private static let patience = Duration.seconds(120)

    /// Returns what was found wrong once all is quiet.
    func run(_ faults: some Faults, count: Int, workflows: Int) async throws -> [String] {
        print("storm of \(count) faults on \(workflows) workflows: SEED=\(self.seed)")
        let begin = ContinuousClock.now
        let clients = self.cluster.gateways.map { RESTClient($0, timeout: Self.answerSeconds) }
        let observer = PhaseObserver(clients)
        async let observation: Void = observer.run()
        var random = SplitMix64(seed: self.seed)
        try await withThrowingTaskGroup { submissions in
            var submitted = 0
            var struck = 0
            while struck < count {
                struck += try await faults.strike(&random)
                try await Self.pause(random.below(Self.pauseMax))
                while submitted < workflows, submitted * count <= struck * workflows {
                    let index = submitted
                    let workflow = self.witness.workflow("w\(index)", kind: index % Witness.runs.count)
                    submissions.addTask { try await Self.submit(workflow, clients) }
                    submitted += 1
                }
            }
            print("faults over after \(ContinuousClock.now - begin); ended by then: \(await observer.phases.count)")
            try await submissions.waitForAll()
        }
        var complaints: [String] = []
        for index in 0..<workflows { complaints += try await self.complaints(of: index, observer) }
        await observer.stop()
        try await observation
        complaints += await observer.changes
        let pods = try await self.podsLeft()
        print("all ended after \(ContinuousClock.now - begin)")
        return complaints + pods.map { "a pod stayed behind: \($0)" }
    }

    /// Submits a workflow until it is acknowledged; one that is there already was, by an answer that got lost.
    private static func submit(_ workflow: JSONValue, _ clients: [RESTClient]) async throws {
        let begin = ContinuousClock.now
        var last = ""
        for attempt in 0... {
            let client = clients[attempt % clients.count]
            do {
                let answer = try await client.send("POST", "/api/v1/workflows/default", ["workflow": workflow])
                if [200, 409].contains(answer.status) { return }
                last = "\(answer.status) \(answer.message)"
            } catch {
                last = "\(error)"
            }
            guard ContinuousClock.now - begin < Self.patience else {
                throw FixtureError("\(workflow.name) is not acknowledged: \(last)")
            }
            try await Self.pause(100)
        }
    }

    private static func pause(_ milliseconds: Int) async throws {
        try await Task.sleep(for: .milliseconds(milliseconds))
    }

    /// What must hold of each workflow once it is quiet, and does not.
    private func complaints(of index: Int, _ observer: PhaseObserver) async throws -> [String] {
        let name = "w\(index)"
        let client = RESTClient(self.cluster.gateways[index % self.cluster.gateways.count])
        let workflow = try await client.workflow(name, within: Self.patience, until: \.isCompleted)
        let phase = workflow["status"]?.phase ?? ""
        await observer.note(name, phase)
        for node in workflow.nodes where node["type"]?.stringValue == "Pod" && node.phase == "Error" {
            print("\(name): an attempt was given up: \(node["message"]?.stringValue ?? "")")
        }
        let lines = try self.witness.lines().filter { $0.hasPrefix("\(name) ") }
        let complaint = Witness.complaint(lines, of: workflow, kind: index % Witness.runs.count)
        guard phase != "Succeeded" || complaint != nil else { return [] }
        return ["\(name): \(phase), \(complaint ?? ""), \(lines): \(workflow["status"]?.text.prefix(4_000) ?? "")"]
    }

    /// The pods that do not end; those whose attempt was given up may take a moment.
    private func podsLeft() async throws -> [String] {
        let begin = ContinuousClock.now
        while true {
            let pods = try self.witness.livePods()
            if pods.isEmpty || ContinuousClock.now - begin > Self.patience { return pods }
            try await Self.pause(100)
        }
    }
}

/// Reads all workflows again and again, and remembers the phase in which each was first seen to have ended.
actor PhaseObserver {
    private let clients: [RESTClient]
    private(set) var phases: [String: String] = [:]
    /// Ends that did not stay: none is allowed.
    private(set) var changes: [String] = []

    init(_ clients: [RESTClient]) { self.clients = clients }

    private var isStopped = false

    func stop() { self.isStopped = true }

    /// Observes until it is stopped; an answer that a fault prevents says nothing.
    func run() async throws {
        var round = 0
        while !self.isStopped {
            round += 1
            try await Task.sleep(for: .milliseconds(500))
            let client = self.clients[round % self.clients.count]
            let path = "/api/v1/workflows/default?fields=items.metadata.name,items.status.phase"
            guard let answer = try? await client.send("GET", path), answer.status == 200 else { continue }
            for workflow in try answer.json["items"]?.arrayValue ?? [] {
                self.note(workflow.name, workflow["status"]?.phase ?? "")
            }
        }
    }

    func note(_ name: String, _ phase: String) {
        if let end = self.phases[name] {
            if end != phase { self.changes.append("\(name) was \(end) and is \(phase)") }
        } else if ["Succeeded", "Failed", "Error"].contains(phase) {
            self.phases[name] = phase
        }
    }
}
