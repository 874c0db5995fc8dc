import Foundation
import IntegrationSupport
import JSON
import OrderedCollections

/// Plays one case against a server: sets up, submits, acts, waits, judges.
struct ConformanceRun {
    let client: RESTClient
    let apus: URL
    let test: ConformanceCase

    /// What came of a case.
    struct Outcome {
        /// Between what the server did and what the case expects; none where it passes.
        var differences: [String]
        /// Of the first workflow, where the case has one.
        var tree: NodeTree?
    }

    /// Plays the case; what cannot be done is a difference.
    func play() async -> Outcome {
        do {
            if let differences = try await self.playWithoutWorkflow() { return Outcome(differences: differences) }
            return try await self.playWorkflow()
        } catch {
            return Outcome(differences: ["\(error)"])
        }
    }

    /// - Returns: `nil` where the case is about a workflow.
    private func playWithoutWorkflow() async throws -> [String]? {
        for object in self.test.setup { try self.apply(object) }
        if let refusal = self.test.expect["reject"] { return try await self.judgeRefusal(refusal, lint: true) }
        if let refusal = self.test.expect["rejectCreate"] { return try await self.judgeRefusal(refusal, lint: false) }
        if self.test.workflow?["kind"] == "CronWorkflow" { return try await self.judgeCron() }
        return nil
    }

    private func playWorkflow() async throws -> Outcome {
        var names: [String] = []
        for _ in 0..<(self.test.expect["copies"]?.integerValue ?? 1) {
            let answer = try await self.create()
            guard answer.status == 200 else {
                return Outcome(differences: ["create: \(answer.status) \(answer.message)"])
            }
            names.append(try answer.json.name)
        }
        guard let first = names.first else { return Outcome(differences: ["no copies"]) }
        for action in self.test.actions {
            let problems = try await self.perform(action, on: first)
            guard problems.isEmpty else { return Outcome(differences: problems) }
        }
        var workflows: [JSONValue] = []
        for name in names { workflows.append(try await self.client.workflow(name, until: \.isCompleted)) }
        let judge = ConformanceJudge(
            client: self.client, workflows: workflows, expect: self.test.expect.replacing("$WF", with: first))
        let tree = NodeTree(workflow: workflows[0])
        return Outcome(differences: try await judge.differences() + self.treeDifferences(of: tree), tree: tree)
    }

    /// How the node tree differs from the one that a real Argo gave for this case, where one was recorded.
    private func treeDifferences(of tree: NodeTree) throws -> [String] {
        let file = ConformanceCase.goldenFolder.appendingPathComponent("\(self.test.name).json")
        guard KnownDifferences.cases[self.test.name] == nil, FileManager.default.fileExists(atPath: file.path)
        else { return [] }
        let recorded = NodeTree(recorded: try JSONValue.parse(String(contentsOf: file, encoding: .utf8)))
        return tree.differences(from: recorded).map { "tree: \($0)" }
    }

    private func apply(_ object: JSONValue) throws {
        let address = self.client.base.replacingOccurrences(of: "http://", with: "")
        let result = try run(
            self.apus, ["apply", "-f", "-"], environment: ["ARGO_SERVER": address, "ARGO_SECURE": "false"],
            input: object.text)
        guard result.exitCode == 0 else { throw FixtureError("apply: \(result.errors)") }
    }

    private func create() async throws -> RESTClient.Answer {
        let namespace = JSONValue.string(self.client.namespace)
        guard let workflow = self.test.workflow else {
            var body = self.test.expect["submit"]?.objectValue ?? [:]
            body["namespace"] = namespace
            return try await self.client.send(
                "POST", "/api/v1/workflows/\(self.client.namespace)/submit", .object(body))
        }
        return try await self.client.send(
            "POST", "/api/v1/workflows/\(self.client.namespace)", ["workflow": workflow, "namespace": namespace])
    }

    private func perform(_ action: JSONValue, on name: String) async throws -> [String] {
        let when = action["when"]
        if let seconds = when?["delaySeconds"]?.integerValue {
            try await Task.sleep(for: .seconds(seconds))
        } else if let node = when?["node"]?.stringValue {
            let phase = when?["phase"]?.stringValue
            _ = try await self.client.workflow(name) { workflow in
                workflow.nodes.contains {
                    $0["displayName"]?.stringValue == node && (phase == nil || $0.phase == phase)
                }
            }
        } else if let phase = when?["phase"]?.stringValue {
            _ = try await self.client.workflow(name) { $0["status"]?.phase == phase }
        }
        var body = action["body"]?.replacing("$WF", with: name).objectValue ?? [:]
        body["namespace"] = .string(self.client.namespace)
        body["name"] = .string(name)
        let verb = action["op"]?.stringValue ?? ""
        let answer = try await self.client.send(
            "PUT", "/api/v1/workflows/\(self.client.namespace)/\(name)/\(verb)", .object(body))
        guard answer.status == 200 else { return ["action \(verb): \(answer.status) \(answer.message)"] }
        guard let expected = action["expectNewWorkflow"]?.replacing("$WF", with: name) else { return [] }
        return try await self.judgeNewWorkflow(try answer.json.name, from: name, expected: expected)
    }

    private func judgeNewWorkflow(_ new: String, from old: String, expected: JSONValue) async throws -> [String] {
        var differences = Differences()
        differences.check(new != old, "resubmit gave the same name")
        let workflow = try await self.client.workflow(new, until: \.isCompleted)
        differences.equal("new workflow's phase", workflow["status"]?["phase"], expected["phase"])
        if let label = expected["label"]?.stringValue?.split(separator: "=", maxSplits: 1), label.count == 2 {
            let found = workflow["metadata"]?["labels"]?[String(label[0])]?.stringValue
            differences.check(found == String(label[1]), "new workflow's label \(label[0])=\(found ?? "nothing")")
        }
        return differences.all
    }

    private func judgeRefusal(_ refusal: JSONValue, lint: Bool) async throws -> [String] {
        let workflow = self.test.workflow ?? [:]
        let (resource, key) =
            switch workflow["kind"]?.stringValue {
            case "CronWorkflow": ("cron-workflows", "cronWorkflow")
            case "WorkflowTemplate": ("workflow-templates", "template")
            default: ("workflows", "workflow")
            }
        let answer = try await self.client.send(
            "POST", "/api/v1/\(resource)/\(self.client.namespace)" + (lint ? "/lint" : ""), [key: workflow])
        var differences = Differences()
        differences.check((400..<500).contains(answer.status), "answered \(answer.status), wanted 4xx")
        if let pattern = refusal["messageMatches"]?.stringValue {
            differences.matches("message", answer.message, pattern)
        }
        return differences.all
    }

    private func judgeCron() async throws -> [String] {
        guard let cron = self.test.workflow, let expected = self.test.expect["createdWorkflow"] else { return [] }
        let folder = "/api/v1/cron-workflows/\(self.client.namespace)"
        let created = try await self.client.send("POST", folder, ["cronWorkflow": cron])
        guard created.status == 200 else { return ["create cron: \(created.status) \(created.message)"] }
        let query = "listOptions.labelSelector=workflows.argoproj.io/cron-workflow%3D\(cron.name)"
        let clock = ContinuousClock()
        let end = clock.now + .seconds(expected["withinSeconds"]?.integerValue ?? 75)
        var child: JSONValue?
        while child == nil, clock.now < end {
            let list = try await self.client.send("GET", "/api/v1/workflows/\(self.client.namespace)?\(query)")
            child = try list.json["items"]?.arrayValue?.first(where: \.isCompleted)
            try await Task.sleep(for: .milliseconds(250))
        }
        _ = try await self.client.send("DELETE", "\(folder)/\(cron.name)")
        guard let child else { return ["no finished workflow created by cron"] }
        var differences = Differences()
        differences.equal("cron child's phase", child["status"]?["phase"], expected["phase"])
        differences.matches("cron child's name", child.name, expected["namePattern"]?.stringValue ?? "")
        for (label, value) in expected["labels"]?.objectValue ?? [:] {
            differences.equal("cron child's label \(label)", child["metadata"]?["labels"]?[label], value)
        }
        return differences.all
    }
}
