import ActorTransport
import JSON
import Model
import OrderedCollections
import TestSupport
import Testing

@Suite("WireMessage")
struct MessageTests {
    // MARK: Recorded messages, as another implementation of protobuf wrote them

    private static let report =
        "0a720a110a0430313930120768656c6c6f2d311802120568656c6c6f1a046172676f22064661696c65642a196d61696e3a20457272"
        + "6f7220286578697420636f646520312930c08df6d70638c78df6d70640014a107b2265786974436f6465223a2231227d6a070a036370"
        + "75100772047700c3a4"
    /// The same, with fields of every wire type that we do not know, in both messages.
    private static let newerReport =
        "f80605fa06036e6577fd0601020304f90601020304050607080a8b010a110a0430313930120768656c6c6f2d311802120568656c6c6f1a"
        + "046172676f22064661696c65642a196d61696e3a204572726f7220286578697420636f646520312930c08df6d70638c78df6d7064001"
        + "4a107b2265786974436f6465223a2231227d6a070a03637075100772047700c3a4f80605fa06036e6577fd0601020304f90601020304"
        + "05060708"
    private static let log =
        "0a240a0170120b09ffffffffffffffff1200121209050000000000000012077a77c3b66c66000a110a0171120c09000000000000"
        + "0000120178"
    private static let cluster = "0a1b0a016112097363686564756c65721a0b3132372e302e302e313a3112016112001a020300"

    private static var expectedReport: PodReport {
        get throws {
            var report = PodReport()
            report.identity = PodIdentity(workflowUID: "0190", nodeID: "hello-1", attempt: 2)
            report.workflow = "hello"
            report.namespace = "argo"
            report.phase = .failed
            report.message = "main: Error (exit code 1)"
            report.startedAt = Timestamp(seconds: 1_795_000_000)
            report.finishedAt = Timestamp(seconds: 1_795_000_007)
            report.exitCode = 1
            report.outputs = try Outputs(json: ["exitCode": "1"], at: DecodingPlace())
            report.resourcesDuration = ["cpu": 7]
            report.warnings = ["w\u{0}ä"]
            return report
        }
    }

    private static let expectedLog = LogBatch([
        LogEntry(content: "", podName: "p", timestamp: Timestamp(nanoseconds: -1)),
        LogEntry(content: "zwölf\u{0}", podName: "p", timestamp: Timestamp(nanoseconds: 5)),
        LogEntry(content: "x", podName: "q"),
    ])

    @Test("messages that were recorded are understood, and written the same way")
    func recordedMessages() throws {
        #expect(try [PodReport](encoded: bytes(Self.report)) == [Self.expectedReport])
        #expect(try hex([Self.expectedReport].encoded()) == Self.report)
        #expect(try LogBatch(encoded: bytes(Self.log)) == Self.expectedLog)
        #expect(try hex(Self.expectedLog.encoded()) == Self.log)
        let cluster = try ClusterView(encoded: bytes(Self.cluster))
        #expect(cluster.members.map(\.name) == ["a"])
        #expect(cluster.owners == ["a", ""])
        #expect(cluster.epochs == [3, 0])
    }

    @Test("a newer member's fields are passed over, and what an older one does not say keeps its meaning")
    func versionsMix() throws {
        #expect(try [PodReport](encoded: bytes(Self.newerReport)) == [Self.expectedReport])
        // Only a name, as from a member that knows nothing else.
        #expect(try ObjectKey(encoded: bytes("1a0178")) == ObjectKey(.workflow, namespace: "", name: "x"))
        #expect(try LogRequest(encoded: []).container == "main")
        #expect(try PodStop(encoded: []).graceSeconds == 30)
        #expect(try DrainRequest(encoded: []).isDraining)
        #expect(try JSONValue(encoded: []) == .null)
        #expect(try [PodIdentity](encoded: []) == [])
    }

    // MARK: Values

    @Test("a launch crosses whole")
    func launchesCross() throws {
        let launch = try PodLaunch(
            json: [
                "identity": ["workflowUID": "u", "nodeID": "n", "attempt": 1], "namespace": "a", "podName": "p",
                "container": ["name": "main", "image": "alpine", "command": ["sh"]], "source": "echo \u{0}",
                "inputArtifacts": [["name": "in", "raw": ["data": "x"]]],
                "outputParameters": [["name": "o", "path": "/o", "default": ""]], "wantsResult": true,
                "deadline": "2026-01-31T23:59:59Z", "gracePeriodSeconds": 0, "labels": ["a": "b", "c": ""],
            ], at: DecodingPlace())
        #expect(try PodLaunch(encoded: launch.encoded()) == launch)
        #expect(try PodLaunch(encoded: PodLaunch().encoded()) == PodLaunch())
    }

    @Test("documents of any shape cross")
    func documentsCross() throws {
        for seed in Seeds.draw(200) {
            var random = SplitMix64(seed: seed)
            let document = JSONValue.random(depth: 4, using: &random)
            #expect(try JSONValue(encoded: document.encoded()) == document, "SEED=\(seed)")
        }
    }

    // MARK: Refusals

    @Test("a NUL in a name is refused by who sends it and by who receives it, with the field's name")
    func nulsAreRefused() {
        let refusal = ServiceError(.invalidArgument, "apus.v1.PodIdentity.node_id holds a NUL: remove it")
        #expect(throws: refusal) { try PodIdentity(encoded: [0x12, 3, 97, 0, 98]) }
        #expect(throws: refusal) { try PodIdentity(encoded: [0x12, 1, 0]) }
        #expect(throws: refusal) { try PodIdentity(workflowUID: "", nodeID: "a\u{0}", attempt: 0).encoded() }
    }

    @Test("what is not UTF-8, no JSON or no known word is refused with the field's name")
    func wrongValuesAreRefused() {
        func message(_ body: () throws -> Void) -> String? {
            do { try body() } catch { return "\(error)" }
            return nil
        }
        #expect(
            message { _ = try PodIdentity(encoded: [0x12, 2, 0xc3, 0x28]) }
                == "apus.v1.PodIdentity.node_id is not UTF-8")
        #expect(message { _ = try PodReport(encoded: [0x2a, 1, 0xff]) } == "message is not UTF-8")
        #expect(message { _ = try JSONValue(encoded: [0x0a, 1, 91]) }?.hasPrefix("json is no JSON: ") == true)
        #expect(
            message { _ = try WorkflowAction(encoded: [0x1a, 1, 120]) }
                == "verb: expected one of suspend, resume, stop, terminate, retry, resubmit, set, found \"x\"")
        #expect(message { _ = try ArtifactChunk(encoded: []) }?.contains("has no part that is known") == true)
    }

    @Test("what is cut off or of another type is refused, and no change of a byte does harm")
    func brokenMessagesAreRefused() throws {
        #expect(throws: ServiceError(.invalidArgument, "the message is no apus.v1.PodIdentity")) {
            try PodIdentity(encoded: Array("{}".utf8))
        }
        let good = try bytes(Self.newerReport)
        for seed in Seeds.draw(3000) {
            var random = SplitMix64(seed: seed)
            var message = Array(good.prefix(random.below(good.count + 1)))
            for _ in 0..<random.below(4) where !message.isEmpty {
                message[random.below(message.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            do {
                let reports = try [PodReport](encoded: message)
                _ = try reports.encoded()
            } catch {
                let code = error.code
                #expect(code == .invalidArgument || code == .resourceExhausted, "SEED=\(seed)")
            }
        }
    }

    @Test("a list that would need more memory or has more entries than allowed is refused")
    func limitsHold() throws {
        func list(_ key: UInt8, _ count: Int) -> [UInt8] {
            Array(unsafeUninitializedCapacity: 2 * count) { buffer, size in
                for place in 0..<count {
                    buffer[2 * place] = key
                    buffer[2 * place + 1] = 0
                }
                size = 2 * count
            }
        }
        // A launch is a large struct, and an empty one two bytes.
        let launches = #expect(throws: ServiceError.self) { try [PodLaunch](encoded: list(0x0a, 300_000)) }
        #expect(launches?.message == "a apus.v1.PodLaunches of 600000 bytes needs too much memory")
        #expect(launches?.code == .resourceExhausted)
        #expect(try ClusterView(encoded: list(0x12, 1000)).owners.count == 1000)
        let owners = #expect(throws: ServiceError.self) { try ClusterView(encoded: list(0x12, 1_000_001)) }
        #expect(owners?.message == "apus.v1.ClusterView.owners has 1000001 entries, more than 1000000")
    }

    @Test("a workflow of 100 MB is read, for it is one large field and not many small ones")
    func largeDocuments() throws {
        let text = String(repeating: "0123456789", count: 10_000_000)
        var page = WorkflowPage()
        page.items = [["text": .string(text)]]
        #expect(try WorkflowPage(encoded: try page.encoded()).items == page.items)
    }

    @Test("a message beyond the limit is refused with it, before anything of it is read")
    func longMessages() {
        let limit = 1_024 * 1_024 * 1_024
        // Nothing is written there: the pages are never made.
        let message = [UInt8](unsafeUninitializedCapacity: limit + 1) { $1 = limit + 1 }
        let refused = #expect(throws: ServiceError.self) { try CreateWorkflow(encoded: message) }
        #expect(refused?.code == .resourceExhausted)
        #expect(
            refused?.message == "a message of \(limit + 1) bytes (apus.v1.CreateWorkflow) is larger than the limit of "
                + "\(limit)")
    }
}

private func bytes(_ hex: String) throws -> [UInt8] {
    let digits = Array(hex)
    return try stride(from: 0, to: digits.count, by: 2).map { place in
        try #require(UInt8(String(digits[place...place + 1]), radix: 16))
    }
}

private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
