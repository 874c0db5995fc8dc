import Foundation
package import JSON
import OrderedCollections

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A plain HTTP client that shares no code with what it tests.
package struct RESTClient: Sendable {
    package let base: String
    package let namespace: String
    /// How many seconds an answer may take.
    package let timeout: Double

    package init(_ base: String, namespace: String = "default", timeout: Double = 60) {
        self.base = base
        self.timeout = timeout
        self.namespace = namespace
    }

    package struct Answer: Sendable {
        package var status: Int
        package var text: String

        package var json: JSONValue {
            get throws { try JSONValue.parse(self.text) }
        }

        package var message: String { (try? self.json["message"]?.stringValue) ?? self.text }
    }

    package func send(
        _ method: String, _ path: String, _ body: JSONValue? = nil, headers: [String: String] = [:]
    ) async throws -> Answer {
        guard let url = URL(string: self.base + path) else { throw FixtureError("bad URL \(self.base + path)") }
        var request = URLRequest(url: url, timeoutInterval: self.timeout)
        request.httpMethod = method
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        if let body {
            request.httpBody = Data(body.text.utf8)
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        }
        let (data, response) = try await URLSession.shared.data(for: request)
        guard let response = response as? HTTPURLResponse else { throw FixtureError("no HTTP answer from \(path)") }
        return Answer(status: response.statusCode, text: String(decoding: data, as: UTF8.self))
    }

    package func workflow(_ name: String) async throws -> JSONValue {
        let answer = try await self.send("GET", "/api/v1/workflows/\(self.namespace)/\(name)")
        guard answer.status == 200 else { throw FixtureError("get \(name): \(answer.status) \(answer.message)") }
        return try answer.json
    }

    /// Asks for a workflow until it is as wanted.
    ///
    /// - Throws: `FixtureError` with the phases of its nodes where that takes longer than `limit`.
    package func workflow(
        _ name: String, within limit: Duration = .seconds(60), until isWanted: (JSONValue) -> Bool
    ) async throws -> JSONValue {
        let clock = ContinuousClock()
        let start = clock.now
        while true {
            let workflow = try await self.workflow(name)
            if isWanted(workflow) { return workflow }
            guard clock.now - start < limit else {
                let phases = workflow.nodes.map { "\($0["displayName"]?.stringValue ?? "?")=\($0.phase)" }
                throw FixtureError("timed out: phase \(workflow["status"]?.phase ?? "") nodes \(phases.prefix(20))")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// The lines of a pod's main container.
    package func log(of workflow: String, pod: String) async throws -> [String] {
        let name = pod.addingPercentEncoding(withAllowedCharacters: .urlQueryAllowed) ?? pod
        let answer = try await self.send(
            "GET",
            "/api/v1/workflows/\(self.namespace)/\(workflow)/log?podName=\(name)&logOptions.container=main")
        guard answer.status == 200 else { throw FixtureError("log: \(answer.status) \(answer.message)") }
        return try answer.text.split(separator: "\n").map { line in
            try JSONValue.parse(String(line))["result"]?["content"]?.stringValue ?? ""
        }
    }
}

extension JSONValue {
    package var nodes: [JSONValue] { self["status"]?["nodes"]?.objectValue.map { Array($0.values) } ?? [] }
    package var phase: String { self["phase"]?.stringValue ?? "" }
    package var name: String { self["metadata"]?["name"]?.stringValue ?? "" }
    package var isCompleted: Bool { ["Succeeded", "Failed", "Error"].contains(self["status"]?.phase ?? "") }
}
