import Foundation
import IntegrationSupport
import JSON
import TestSupport
import Testing

/// Two runners as processes of their own, and pods whose inputs the other one has.
@Suite("Artifact exchange", .timeLimit(.minutes(5)))
struct ArtifactExchangeTests {
    @Test("pods read files and folders that pods on another runner have made, also while that starts again")
    func exchange() async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let cluster = try LocalCluster(
            folder: folder.url.appendingPathComponent("cluster"), schedulers: 1, runners: 2, gateways: 1)
        do {
            try await self.exchange(cluster, place: folder.url.path)
        } catch {
            try cluster.down()
            throw error
        }
        try cluster.down()
    }

    private func exchange(_ cluster: LocalCluster, place: String) async throws {
        let client = RESTClient(cluster.gateways[0])
        try await self.submit(Self.workflow("w", place: place), client)
        _ = try await client.workflow("w") { workflow in
            workflow.nodes.contains { $0["type"]?.stringValue == "Suspend" && $0.phase == "Running" }
        }
        // The one that has them is away when they are wanted.
        try cluster.kill("runner-0")
        #expect(try await client.send("PUT", "/api/v1/workflows/default/w/resume").status == 200)
        _ = try await client.workflow("w") { workflow in
            workflow.nodes.contains { $0["displayName"]?.stringValue == "use" }
        }
        try cluster.restart("runner-0")
        let workflow = try await client.workflow("w", until: \.isCompleted)
        #expect(workflow["status"]?.phase == "Succeeded", "\(workflow["status"]?.text ?? "")")
        let hosts = Dictionary(
            workflow.nodes.map { ($0["displayName"]?.stringValue ?? "", $0["hostNodeName"]?.stringValue) },
            uniquingKeysWith: { first, _ in first })
        #expect(hosts["make"] == "runner-0")
        #expect(hosts["use"] == "runner-1")
        #expect(hosts["check"] == "runner-0")

        // Nobody has said where this is: both are asked.
        let made = workflow.nodes.first { $0["displayName"]?.stringValue == "make" }
        let key = made?["outputs"]?["artifacts"]?.arrayValue?.first?["s3"]?["key"]?.stringValue ?? ""
        try await self.submit(Self.reader(of: key, place: place), client)
        let reader = try await client.workflow("reader", until: \.isCompleted)
        #expect(reader["status"]?.phase == "Succeeded", "\(reader["status"]?.text ?? "")")
    }

    private func submit(_ workflow: JSONValue, _ client: RESTClient) async throws {
        let answer = try await client.send("POST", "/api/v1/workflows/default", ["workflow": workflow])
        #expect(answer.status == 200, "\(answer.message)")
    }

    private static func pod(
        _ name: String, on runner: String, _ script: String, inputs: [JSONValue] = [], outputs: [JSONValue] = []
    ) -> JSONValue {
        [
            "name": .string(name), "nodeSelector": ["kubernetes.io/hostname": .string(runner)],
            "inputs": ["artifacts": .array(inputs)], "outputs": ["artifacts": .array(outputs)],
            "script": ["image": "alpine", "command": ["sh", "-e"], "source": .string(script)],
        ]
    }

    private static func step(_ name: String, from: [(name: String, reference: String)] = []) -> JSONValue {
        let artifacts = from.map { artifact -> JSONValue in
            ["name": .string(artifact.name), "from": .string("{{steps.\(artifact.reference)}}")]
        }
        return [["name": .string(name), "template": .string(name), "arguments": ["artifacts": .array(artifacts)]]]
    }

    /// One makes, another uses what it made and makes something of it, and the first checks that.
    private static func workflow(_ name: String, place: String) -> JSONValue {
        func path(_ name: String) -> JSONValue { .string("\(place)/\(name)") }
        let inputs: [JSONValue] = [
            ["name": "packed", "path": path("in.packed")], ["name": "plain", "path": path("in.plain")],
            ["name": "tree", "path": path("in.tree")], ["name": "zipped", "path": path("in.zipped")],
        ]
        let outputs: [JSONValue] = [
            ["name": "packed", "path": path("packed")],
            ["name": "plain", "path": path("plain"), "archive": ["none": [:]]],
            ["name": "tree", "path": path("tree"), "archive": ["none": [:]]],
            ["name": "zipped", "path": path("zipped"), "archive": ["zip": [:]]],
        ]
        let references = ["packed", "plain", "tree", "zipped"].map { name in
            (name: name, reference: "make.outputs.artifacts.\(name)")
        }
        return [
            "metadata": ["name": .string(name)],
            "spec": [
                "entrypoint": "main",
                "templates": [
                    [
                        "name": "main",
                        "steps": [
                            self.step("make"), self.step("wait"), self.step("use", from: references),
                            self.step("check", from: [("sum", "use.outputs.artifacts.sum")]),
                        ],
                    ],
                    ["name": "wait", "suspend": [:]],
                    self.pod(
                        "make", on: "runner-0",
                        """
                        cd \(place); echo one > packed; head -c 3000000 /dev/zero > plain
                        mkdir -p tree/below; echo two > tree/below/file; echo three > zipped
                        """, outputs: outputs),
                    self.pod(
                        "use", on: "runner-1",
                        """
                        cd \(place); test $(wc -c < in.plain) = 3000000
                        cat in.packed in.tree/below/file in.zipped > sum
                        """, inputs: inputs, outputs: [["name": "sum", "path": path("sum")]]),
                    self.pod(
                        "check", on: "runner-0", "test \"$(tr '\\n' , < \(place)/in.sum)\" = one,two,three,",
                        inputs: [["name": "sum", "path": path("in.sum")]]),
                ],
            ],
        ]
    }

    /// A workflow that reads an artifact of another one on the runner that has not made it.
    private static func reader(of key: String, place: String) -> JSONValue {
        let inputs: [JSONValue] = [
            ["name": "it", "path": .string("\(place)/read"), "s3": ["key": .string(key)]],
            [
                "name": "none", "path": .string("\(place)/none"), "optional": true,
                "s3": ["key": "nobody/has/it"],
            ],
        ]
        return [
            "metadata": ["name": "reader"],
            "spec": [
                "entrypoint": "read",
                "templates": [
                    self.pod(
                        "read", on: "runner-1", "test $(cat \(place)/read) = one; test ! -e \(place)/none",
                        inputs: inputs)
                ],
            ],
        ]
    }
}
