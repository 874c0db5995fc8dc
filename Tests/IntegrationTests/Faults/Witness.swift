import Foundation
import IntegrationSupport
import JSON
import OrderedCollections

/// Workflows whose every attempt appends a line of its own to a file outside of the server.
struct Witness {
    let file: URL
    /// How long an attempt of a fan-out or of a chain takes, in seconds.
    var seconds = "0.05"

    /// How many attempts a workflow of each kind makes.
    static let runs = [8, 4, 2]
    /// How many of them succeed.
    private static let successes = [8, 4, 1]

    /// - Parameter kind: 0 fan-out, 1 chain, 2 retry.
    func workflow(_ name: String, kind: Int) -> JSONValue {
        let template: JSONValue = [
            "name": "append",
            // A pod whose runner is silent for too long ends with an error.
            "retryStrategy": ["limit": "5", "retryPolicy": "OnError"],
            "container": [
                "image": "busybox:1.36",
                "command": [
                    "sh", "-c", .string("echo '\(name) {{pod.name}}' >> \(self.file.path); sleep \(self.seconds)"),
                ],
            ],
        ]
        let again: JSONValue = [
            "name": "main", "retryStrategy": ["limit": "8", "retryPolicy": "Always"],
            "container": [
                "image": "busybox:1.36",
                "command": [
                    "sh", "-c", .string("echo '\(name) {{pod.name}}' >> \(self.file.path); test {{retries}} -ge 1"),
                ],
            ],
        ]
        let fanOut: JSONValue = [
            "name": "main",
            "steps": [[["name": "s", "template": "append", "withSequence": ["count": "8"]]]],
        ]
        let chain: JSONValue = [
            "name": "main",
            "dag": [
                "tasks": .array(
                    (0..<4).map { index in
                        var task: JSONObject = ["name": .string("t\(index)"), "template": "append"]
                        if index > 0 { task["depends"] = .string("t\(index - 1)") }
                        return .object(task)
                    })
            ],
        ]
        let templates: [JSONValue] = [[fanOut, template], [chain, template], [again]][kind]
        return [
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": ["name": .string(name)],
            "spec": ["entrypoint": "main", "templates": .array(templates)],
        ]
    }

    /// What is wrong with the lines of a workflow that has succeeded.
    ///
    /// An attempt that ended with an error, for its runner was lost, may have been launched or not.
    static func complaint(_ lines: [String], of workflow: JSONValue, kind: Int) -> String? {
        if Set(lines).count < lines.count { return "an attempt was launched twice" }
        let pods = workflow.nodes.filter { $0["type"]?.stringValue == "Pod" }
        let succeeded = pods.filter { $0.phase == "Succeeded" }.count
        guard succeeded == Self.successes[kind] else {
            return "\(succeeded) attempts of \(Self.successes[kind]) succeeded"
        }
        let ended = pods.filter { $0.phase != "Error" }.count
        guard lines.count >= ended else { return "\(lines.count) of \(ended) attempts were launched" }
        return lines.count <= pods.count ? nil : "\(lines.count) attempts were launched, and \(pods.count) are known"
    }

    func lines() throws -> [String] {
        try String(contentsOf: self.file, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    /// The command lines of running processes that would write to the file.
    func livePods() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { entry in
            guard Int(entry) != nil, let bytes = FileManager.default.contents(atPath: "/proc/\(entry)/cmdline") else {
                return nil
            }
            let line = String(decoding: bytes, as: UTF8.self).replacingOccurrences(of: "\0", with: " ")
            return line.contains(self.file.path) ? line : nil
        }
    }
}
