import Foundation
import IntegrationSupport
import JSON
import Model
import OrderedCollections

/// Compares finished workflows with what a case expects of them.
///
/// Times have whole seconds: each bound has that much slack.
struct ConformanceJudge {
    let client: RESTClient
    let workflows: [JSONValue]
    let expect: JSONValue
    private let first: JSONValue
    private let nodes: [JSONValue]

    init(client: RESTClient, workflows: [JSONValue], expect: JSONValue) {
        self.client = client
        self.workflows = workflows
        self.expect = expect
        self.first = workflows.first ?? [:]
        self.nodes = self.first.nodes
    }

    func differences() async throws -> [String] {
        var found = Differences()
        found.append(self.workflowDifferences())
        for wanted in self.expect["nodes"]?.arrayValue ?? [] { found.append(self.nodeDifferences(wanted)) }
        found.append(self.countDifferences())
        found.append(self.intervalDifferences())
        found.append(try await self.logDifferences())
        found.append(try await self.afterwardsDifferences())
        return found.all
    }

    private func workflowDifferences() -> [String] {
        var found = Differences()
        let status = self.first["status"] ?? [:]
        for key in ["phase", "message", "progress"] where self.expect[key] != nil {
            found.equal(key, status[key], self.expect[key])
        }
        if let pattern = self.expect["messageMatches"]?.stringValue {
            found.matches("message", status["message"]?.stringValue ?? "", pattern)
        }
        for (label, value) in self.expect["labels"]?.objectValue ?? [:] {
            found.equal("label \(label)", self.first["metadata"]?["labels"]?[label], value)
        }
        let outputs = parameters(of: status["outputs"])
        for (name, value) in self.expect["outputs"]?["parameters"]?.objectValue ?? [:] {
            found.equal("workflow output \(name)", outputs[name], value)
        }
        return found.all
    }

    /// Of several nodes with the wanted name, the one that is most like it counts.
    private func nodeDifferences(_ wanted: JSONValue) -> [String] {
        let name = wanted["displayName"]?.stringValue ?? ""
        var candidates = self.nodes.filter { $0["displayName"]?.stringValue == name }
        let ofType = candidates.filter { $0["type"] == wanted["type"] }
        if !ofType.isEmpty { candidates = ofType }
        let all = candidates.map { self.differences(of: $0, from: wanted).map { "\(name): \($0)" } }
        let known = self.nodes.compactMap { $0["displayName"]?.stringValue }.sorted()
        return all.min { $0.count < $1.count } ?? ["no node \(name); there are \(known)"]
    }

    private func differences(of node: JSONValue, from wanted: JSONValue) -> [String] {
        var found = Differences()
        for key in ["type", "phase", "message"] where wanted[key] != nil { found.equal(key, node[key], wanted[key]) }
        if let pattern = wanted["messageMatches"]?.stringValue {
            found.matches("message", node["message"]?.stringValue ?? "", pattern)
        }
        for (key, value) in wanted["outputs"]?.objectValue ?? [:] where key != "parameters" {
            found.equal(key, node["outputs"]?[key], value)
        }
        for side in ["inputs", "outputs"] {
            let values = parameters(of: node[side])
            for (name, value) in wanted[side]?["parameters"]?.objectValue ?? [:] {
                found.equal("\(side) \(name)", values[name], value)
            }
        }
        let artifacts = node["outputs"]?["artifacts"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
        for name in wanted["artifacts"]?.strings ?? [] {
            found.check(artifacts.contains(name), "artifact \(name) absent")
        }
        if let memoization = wanted["memoization"] {
            found.equal("hit", node["memoizationStatus"]?["hit"] ?? false, memoization["hit"])
        }
        return found.all
    }

    private func countDifferences() -> [String] {
        var found = Differences()
        let names = self.nodes.compactMap { $0["displayName"]?.stringValue }
        for name in self.expect["absent"]?.strings ?? [] { found.check(!names.contains(name), "node \(name) is there") }
        if let count = self.expect["nodeCount"]?.integerValue {
            found.check(names.count == count, "\(names.count) nodes, wanted \(count): \(names.sorted())")
        }
        if let most = self.expect["nodeCountMax"]?.integerValue {
            found.check(names.count <= most, "\(names.count) nodes, at most \(most)")
        }
        for (pattern, count) in self.expect["nodeCountOf"]?.objectValue ?? [:] {
            let matching = self.nodes(matching: pattern).count
            found.check(matching == count.integerValue, "\(matching) nodes \(pattern), wanted \(count.text)")
        }
        for (pattern, phases) in self.expect["nodePhaseCounts"]?.objectValue ?? [:] {
            for (phase, count) in phases.objectValue ?? [:] {
                let matching = self.nodes(matching: pattern).filter { $0.phase == phase }.count
                found.check(matching == count.integerValue, "\(matching) \(pattern) \(phase), wanted \(count.text)")
            }
        }
        for pair in self.expect["sameOutputs"]?.arrayValue ?? [] {
            let (left, right) = (self.node(pair[0]), self.node(pair[1]))
            found.check(
                left?["outputs"]?["parameters"] == right?["outputs"]?["parameters"], "outputs of \(pair.text) differ")
        }
        return found.all
    }

    private func nodes(matching pattern: String) -> [JSONValue] {
        self.nodes.filter { node in
            let name = node["displayName"]?.stringValue ?? ""
            guard pattern.hasPrefix("/"), pattern.hasSuffix("/") else { return name == pattern }
            return name.range(of: String(pattern.dropFirst().dropLast()), options: .regularExpression) != nil
        }
    }

    private func node(_ displayName: JSONValue?) -> JSONValue? {
        let named = self.nodes.filter { $0["displayName"] == displayName }
        return named.first { $0["type"] == "Pod" } ?? named.first
    }

    private func intervalDifferences() -> [String] {
        var found = Differences()
        for pair in self.expect["order"]?.arrayValue ?? [] {
            let (before, after) = (self.interval(self.node(pair[0])), self.interval(self.node(pair[1])))
            found.check((before?.end ?? .max) <= (after?.start ?? .min) + 1, "\(pair.text): wrong order")
        }
        for (key, isWanted) in [("overlap", true), ("noOverlap", false)] {
            for pair in self.expect[key]?.arrayValue ?? [] {
                guard let left = self.interval(self.node(pair[0])), let right = self.interval(self.node(pair[1])) else {
                    found.check(false, "\(pair.text): not both ran")
                    continue
                }
                let seconds = min(left.end, right.end) - max(left.start, right.start)
                found.check(isWanted ? seconds >= 0 : seconds <= 0, "\(pair.text) overlap by \(seconds) s")
            }
        }
        if let bound = self.expect["maxConcurrent"], let most = bound["max"]?.integerValue {
            let intervals = self.nodes.filter { $0["type"] == bound["type"] }.compactMap(self.interval)
            let peak = peakOverlap(intervals.map { ($0.start * 2, max($0.end * 2 - 1, $0.start * 2 + 1)) })
            found.check(peak <= most, "\(peak) ran at once, at most \(most)")
        }
        if let most = self.expect["maxConcurrentWorkflows"]?.integerValue {
            let intervals = self.workflows.compactMap { workflow -> (Int64, Int64)? in
                let starts = workflow.nodes.filter { $0["type"] == "Pod" }.compactMap { self.interval($0)?.start }
                guard let start = starts.min(), let end = seconds(workflow["status"]?["finishedAt"]) else { return nil }
                return (start * 2, max(end * 2 - 1, start * 2 + 1))
            }
            found.check(peakOverlap(intervals) <= most, "workflows overlapped")
        }
        if let bounds = self.expect["durationSeconds"], let whole = self.interval(self.first["status"]) {
            let duration = Int(whole.end - whole.start)
            if let least = bounds["min"]?.integerValue { found.check(duration >= least - 1, "took \(duration) s") }
            if let most = bounds["max"]?.integerValue { found.check(duration <= most, "took \(duration) s") }
        }
        return found.all
    }

    private func interval(_ object: JSONValue?) -> (start: Int64, end: Int64)? {
        guard let start = seconds(object?["startedAt"]), let end = seconds(object?["finishedAt"]) else { return nil }
        return (start, end)
    }

    private func logDifferences() async throws -> [String] {
        var found = Differences()
        for (name, wanted) in self.expect["logs"]?.objectValue ?? [:] {
            let named = self.nodes.filter { $0["displayName"]?.stringValue == name }
            let pods = named.filter { $0["type"] == "Pod" }
            var logs: [String] = []
            for node in pods.isEmpty ? named : pods { logs.append(try await self.log(of: node)) }
            // A last line without an end is a line all the same.
            let text = wanted.stringValue ?? ""
            found.check(
                logs.contains(text) || logs.contains(text + "\n"), "log of \(name) is \(logs), wanted \(wanted.text)")
        }
        if let most = self.expect["maxConcurrentByLog"]?["max"]?.integerValue {
            var intervals: [(Int64, Int64)] = []
            for node in self.nodes where node["type"] == "Pod" {
                let times = try await self.log(of: node).split(whereSeparator: \.isWhitespace).compactMap { Int64($0) }
                if times.count == 2 { intervals.append((times[0], times[1])) }
            }
            found.check(peakOverlap(intervals) <= most, "\(peakOverlap(intervals)) ran at once, at most \(most)")
        }
        return found.all
    }

    private func log(of node: JSONValue) async throws -> String {
        try await self.client.log(of: self.first.name, pod: podName(of: node, in: self.first.name))
            .map { $0 + "\n" }.joined()
    }

    private func afterwardsDifferences() async throws -> [String] {
        var found = Differences()
        let folder = "\(self.client.namespace)/\(self.first.name)"
        for (key, text) in self.expect["artifactBytes"]?.objectValue ?? [:] {
            guard let dot = key.lastIndex(of: ".") else { continue }
            let id = self.node(.string(String(key[..<dot])))?["id"]?.stringValue ?? ""
            let answer = try await self.client.send(
                "GET", "/artifacts/\(folder)/\(id)/\(key[key.index(after: dot)...])")
            found.check(answer.text == text.stringValue, "artifact \(key): \(answer.status) \(answer.text.prefix(80))")
        }
        if let limit = self.expect["deletedWithinSeconds"]?.integerValue {
            let clock = ContinuousClock()
            let end = clock.now + .seconds(limit)
            var status = 200
            while status != 404, clock.now < end {
                status = try await self.client.send("GET", "/api/v1/workflows/\(folder)").status
                try await Task.sleep(for: .milliseconds(100))
            }
            found.check(status == 404, "not deleted within \(limit) s")
        }
        return found.all
    }
}

private func parameters(of io: JSONValue?) -> [String: JSONValue] {
    Dictionary(
        (io?["parameters"]?.arrayValue ?? []).compactMap { parameter in
            parameter["name"]?.stringValue.map { ($0, parameter["value"] ?? .null) }
        }, uniquingKeysWith: { _, last in last })
}

private func seconds(_ time: JSONValue?) -> Int64? {
    guard let text = time?.stringValue, let date = try? Date(text, strategy: .iso8601) else { return nil }
    return Int64(date.timeIntervalSince1970)
}

/// How many of the half-open intervals hold one moment at the most.
private func peakOverlap(_ intervals: [(Int64, Int64)]) -> Int {
    let edges = intervals.flatMap { [($0.0, 1), ($0.1, -1)] }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
    var (now, peak) = (0, 0)
    for (_, step) in edges {
        now += step
        peak = max(peak, now)
    }
    return peak
}

/// Argo's pod name, version 2; the pod of a workflow that is a single pod has the workflow's name.
func podName(of node: JSONValue, in workflow: String) -> String {
    let name = node["name"]?.stringValue ?? ""
    if name == workflow { return workflow }
    let template = node["templateName"]?.stringValue ?? node["templateRef"]?["template"]?.stringValue ?? ""
    let prefix = template.isEmpty ? workflow : "\(workflow)-\(template)"
    let hash = name.utf8.reduce(UInt32(0x811c_9dc5)) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    return "\(prefix.prefix(242))-\(hash)"
}
