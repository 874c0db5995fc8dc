import ActorTransport
import Foundation
import JSON
import Model
import TestSupport
import Testing

@Suite("MessageSchema", .timeLimit(.minutes(5)))
struct SchemaTests {
    /// Whatever is sent as a message of its own, or as a part of one.
    private static let messages: [any ProtoMessage.Type] = [
        JSONValue.self, Nothing.self,
        CreateWorkflow.self, SubmitWorkflow.self, WorkflowAction.self, DeleteWorkflow.self, WorkflowQuery.self,
        WorkflowPage.self, ObjectKey.self, StoreObject.self, ObjectQuery.self, ListObjects.self,
        WatchRequest.self, WatchEvent.self, ShardWatchRequest.self, ShardNotice.self,
        ClusterView.self, ClusterMember.self, ClusterRequest.self, DrainRequest.self,
        RunnerAnnouncement.self, AnnouncementAnswer.self, LaunchAnswer.self, LaunchRefusal.self, ReportAnswer.self,
        PodIdentity.self, PodLaunch.self, PodReport.self, PodStop.self, LockRequest.self, LockNotice.self,
        LogRequest.self, PodLogRequest.self, LogBatch.self,
        ArtifactRequest.self, StoredArtifact.self, ArtifactChunk.self,
    ]

    @Test("every message of ours says each field of its description in proto/, and nothing else")
    func fieldsAreThoseOfProto() throws {
        var seen: Set<String> = []
        for message in Self.messages {
            var checker = FieldChecker(message.schema)
            try checker.check(message)
            seen.formUnion(checker.seen)
            #expect(checker.differences == [], "\(message)")
        }
        let lists = MessageSchema.all.filter { $0.fields.count == 1 && $0.fields[0].name == "items" }.map(\.name)
        let described = MessageSchema.all.map(\.name).filter { $0.hasPrefix("apus.") && !lists.contains($0) }
        #expect(Set(described).subtracting(seen) == [], "described in proto/, and never compared")
    }

    @Test("every property of a message crosses: none is left out of its fields")
    func propertiesCross() {
        // These three are put together from parts that the wire names otherwise.
        let composed: [any ProtoMessage.Type] = [JSONValue.self, LogBatch.self, ArtifactChunk.self]
        for message in Self.messages where !composed.contains(where: { $0 == message }) {
            let properties = Mirror(reflecting: message.init()).children.compactMap(\.label)
            let fields = message.schema.fields.map { $0.name.filter { $0 != "_" } }
            #expect(
                properties.map { $0.lowercased() }.filter { $0 != "unknown" }.sorted() == fields.sorted(),
                "\(message)")
        }
    }

    @Test("every method is one of a service in proto/, with the same messages, and the other way round")
    func methodsAreThoseOfProto() {
        let described = MessageSchema.methods.filter { $0.key.hasPrefix("/apus.") }
        let served = MethodTable.contracts.messages
        #expect(Set(described.keys) == Set(served.keys))
        for (name, messages) in served {
            #expect(described[name]?.request.name == messages.request.name, "\(name)")
            #expect(described[name]?.answer.name == messages.answer.name, "\(name)")
        }
    }

    @Test("no message can hold itself, so depth has an end")
    func depthHasAnEnd() {
        func depth(_ schema: MessageSchema, _ outer: [String]) -> Int {
            guard !outer.contains(schema.name) else {
                Issue.record("\(schema.name) can hold itself: \(outer)")
                return 0
            }
            let inner = schema.fields.compactMap(\.message).map { depth($0, outer + [schema.name]) }
            return 1 + (inner.max() ?? 0)
        }
        for schema in MessageSchema.all { #expect(depth(schema, []) <= 8) }
    }

    @Test("Sources/Proto is what scripts/proto makes of proto/")
    func generatedCodeIsUpToDate() async throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/protoc-c") else { return }
        try await TemporaryDirectory.with { directory in
            let folder = directory.url
            let process = Process()
            process.executableURL = root.appendingPathComponent("scripts/proto")
            process.arguments = [folder.appendingPathComponent("Proto").path]
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            let made = try Self.files(folder.appendingPathComponent("Proto"))
            let committed = try Self.files(root.appendingPathComponent("Sources/Proto"))
            #expect(!committed.isEmpty)
            #expect(Set(made.keys) == Set(committed.keys), "run scripts/proto and commit Sources/Proto")
            for (name, text) in committed {
                #expect(made[name] == text, "\(name) is not up to date: run scripts/proto and commit it")
            }
        }
    }

    private static func files(_ folder: URL) throws -> [String: String] {
        var texts: [String: String] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
            guard name.hasSuffix(".c") || name.hasSuffix(".h") else { continue }
            texts[name] = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        }
        return texts
    }
}

/// Compares the fields that a message says with those that are described.
private struct FieldChecker: FieldCoder {
    static let isReading = false

    private(set) var differences: [String] = []
    private(set) var seen: Set<String> = []
    private let schema: MessageSchema
    private var missing: Set<String>

    init(_ schema: MessageSchema) {
        self.schema = schema
        self.missing = Set(schema.fields.map(\.name))
        self.seen.insert(schema.name)
    }

    mutating func check(_ type: any MessageFields.Type) throws {
        var message = type.init()
        try message.fields(&self)
        self.differences += self.missing.sorted().map { "\(self.schema.name).\($0) is never said" }
    }

    private mutating func note(_ name: StaticString, _ type: (any MessageFields.Type)? = nil) {
        let name = name.description
        guard let field = self.schema.fields.first(where: { $0.name == name }) else {
            self.differences.append("\(self.schema.name).\(name) is not described")
            return
        }
        if self.missing.remove(name) == nil { self.differences.append("\(self.schema.name).\(name) is said twice") }
        guard let type, let inner = field.message else {
            if type != nil || field.message != nil { self.differences.append("\(name) is a message on one side alone") }
            return
        }
        if let proto = type as? any ProtoMessage.Type, proto.schema.name != inner.name {
            self.differences.append("\(self.schema.name).\(name) is no \(proto.schema.name)")
        }
        var checker = FieldChecker(inner)
        do { try checker.check(type) } catch { self.differences.append("\(error)") }
        self.differences += checker.differences
        self.seen.formUnion(checker.seen)
    }

    mutating func field(_ name: StaticString, _ value: inout String?) throws(ServiceError) { self.note(name) }
    mutating func field(_ name: StaticString, _ value: inout [UInt8]?) throws(ServiceError) { self.note(name) }
    mutating func field(_ name: StaticString, _ value: inout Int?) throws(ServiceError) { self.note(name) }
    mutating func field(_ name: StaticString, _ value: inout Bool?) throws(ServiceError) { self.note(name) }
    mutating func field(_ name: StaticString, _ values: inout [String]) throws(ServiceError) { self.note(name) }
    mutating func field(_ name: StaticString, _ values: inout [[UInt8]]) throws(ServiceError) { self.note(name) }
    mutating func field(_ name: StaticString, _ values: inout [Int]) throws(ServiceError) { self.note(name) }

    mutating func field<Message: MessageFields>(
        _ name: StaticString, _ value: inout Message?
    ) throws(ServiceError) { self.note(name, Message.self) }

    mutating func field<Message: MessageFields>(
        _ name: StaticString, _ values: inout [Message]
    ) throws(ServiceError) { self.note(name, Message.self) }
}
