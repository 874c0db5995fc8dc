import Foundation
import IntegrationSupport
import JSON
import TestSupport
import Testing

/// The server is killed without warning, again and again, while it works.
@Suite("Kill -9", .timeLimit(.minutes(5)))
struct KillTests {
    static let kills = ProcessInfo.processInfo.environment["KILLS"].flatMap(Int.init) ?? 200
    static let killDelayMillisecondsMax = 400

    @Test("no acknowledged workflow is lost, no step runs twice and no pod stays behind, however often the server dies")
    func killAnywhere() async throws {
        let seed = ProcessInfo.processInfo.environment["SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0..<1 << 32)
        var random = SplitMix64(seed: seed)
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let witness = Witness(file: folder.url.appendingPathComponent("witness"))
        let server = try ApusServer(folder: folder.url)
        var acknowledged: [String] = []
        for kill in 0..<Self.kills {
            let client = RESTClient(server.baseURL)
            let name = "w\(kill)"
            let workflow = witness.workflow(name, kind: kill % 3)
            let delay = Int.random(in: 0...Self.killDelayMillisecondsMax, using: &random)
            async let submitted = client.send("POST", "/api/v1/workflows/default", ["workflow": workflow])
            try await Task.sleep(for: .milliseconds(delay))
            server.kill()
            if let answer = try? await submitted, answer.status == 200 { acknowledged.append(name) }
            try server.start()
        }
        #expect(acknowledged.count > Self.kills / 4, "SEED=\(seed): too few submissions got through to say anything")

        let client = RESTClient(server.baseURL)
        let lines = { try witness.lines() }
        for name in acknowledged {
            let workflow = try await client.workflow(name, within: .seconds(120), until: \.isCompleted)
            #expect(workflow["status"]?.phase == "Succeeded", "SEED=\(seed) \(name): \(workflow["status"]?.text ?? "")")
        }
        let runs = Dictionary(grouping: try lines(), by: { $0 }).filter { $0.value.count > 1 }
        #expect(runs.isEmpty, "SEED=\(seed): ran twice: \(runs.keys.sorted().prefix(5))")
        for name in acknowledged {
            let kind = Int(name.dropFirst()).map { $0 % 3 } ?? 0
            let ran = try lines().filter { $0.hasPrefix("\(name) ") }
            #expect(ran.count == Witness.runs[kind], "SEED=\(seed) \(name): \(ran)")
        }
        #expect(try witness.livePods() == [], "SEED=\(seed): pods stayed behind")
        server.stop()
    }
}
