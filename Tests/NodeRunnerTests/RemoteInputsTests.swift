import ActorTransport
import JSON
import Model
import OrderedCollections
import Synchronization
import Testing

@testable import NodeRunner

/// Runners whose objects a test says.
private final class FakePeers: ArtifactPeers {
    let name = "here"
    let others = ["first", "second"]
    private let objects: [String: [String: [UInt8]]]
    private let silences: Mutex<[String: Int]>
    private let cuts: Mutex<Int>
    private let areFolders: Bool
    private let asked = Mutex<[String]>([])

    /// - Parameters:
    ///   - silences: How often each does not answer.
    ///   - cuts: How often a stream ends before its time.
    init(_ objects: [String: [String: String]], silences: [String: Int] = [:], cuts: Int = 0) {
        self.objects = objects.mapValues { $0.mapValues { Array($0.utf8) } }
        self.silences = Mutex(silences)
        self.cuts = Mutex(cuts)
        self.areFolders = false
    }

    /// Runners of which the first has a folder, as a tar file.
    init(folder bytes: [UInt8], key: String) {
        self.objects = ["first": [key: bytes]]
        self.silences = Mutex([:])
        self.cuts = Mutex(0)
        self.areFolders = true
    }

    var calls: [String] { self.asked.withLock { $0 } }

    func open(_ key: String, on runner: String) async throws(ServiceError) -> ArtifactContent {
        self.asked.withLock { $0.append("\(runner) \(key)") }
        let isSilent = self.silences.withLock { silences in
            guard let left = silences[runner], left > 0 else { return false }
            silences[runner] = left - 1
            return true
        }
        if isSilent { throw ServiceError(.unavailable, "it is away") }
        guard let bytes = self.objects[runner]?[key] else { throw ServiceError(.notFound, "no \(key)") }
        let isCut = self.cuts.withLock { cuts in
            guard cuts > 0 else { return false }
            cuts -= 1
            return true
        }
        return ArtifactContent(
            fileName: "x", size: bytes.count, isFolder: self.areFolders,
            chunks: AsyncThrowingStream {
                $0.yield(isCut ? Array(bytes.dropLast()) : bytes)
                $0.finish()
            })
    }
}

@Suite("RemoteInputs", .timeLimit(.minutes(1)))
struct RemoteInputsTests {
    /// Fetches one artifact with the key `k`, and answers where it is and what was fetched; of a folder, one `file`.
    private func fetch(
        _ peers: FakePeers, from runner: String?, here: String? = nil, subPath: String? = nil, file: String? = nil,
        patience: Duration = .seconds(30), isUnwanted: Bool = false
    ) async throws -> (origins: [Int: InputArtifacts.Origin]?, text: String?) {
        let fixture = try RunnerFixture(isolation: Isolation.none)
        defer { fixture.cleanUp() }
        let repository = FileArtifactRepository(root: fixture.configuration.artifactsFolder)
        try HostFiles.makeFolders(fixture.configuration.artifactsFolder)
        if let here { try HostFiles.write(Array(here.utf8), to: try repository.path(of: "k")) }
        let folder = PodFolder(root: fixture.configuration.podsFolder, id: "w/p")
        var launch = fixture.shell("true")
        launch.inputArtifacts = [try Self.artifact(subPath: subPath)]
        if let runner { launch.artifactRunners = ["k": runner] }
        try InputArtifacts(repository: repository).empty(folder)
        let inputs = RemoteInputs(repository: repository, peers: peers, patience: patience) { isUnwanted }
        let origins = try await inputs.fetch(launch, to: folder)
        guard case .fetched(let path) = origins?[0] else { return (origins, nil) }
        let read = try HostFiles.readIfPresent(file.map { "\(path)/\($0)" } ?? path)
        return (origins, read.map { String(decoding: $0, as: UTF8.self) })
    }

    private static func artifact(subPath: String? = nil) throws -> Artifact {
        var artifact: JSONObject = ["name": "in", "path": "/in", "s3": ["key": "k"]]
        if let subPath { artifact["subPath"] = .string(subPath) }
        return try Artifact(json: .object(artifact), at: DecodingPlace())
    }

    @Test("an artifact comes from the runner that the launch names, whatever lies here under its key")
    func named() async throws {
        let peers = FakePeers(["second": ["k": "new"]])
        #expect(try await self.fetch(peers, from: "second", here: "old").text == "new")
        #expect(peers.calls == ["second k"])
    }

    @Test("nobody is asked for what lies here")
    func here() async throws {
        let peers = FakePeers([:])
        #expect(try await self.fetch(peers, from: "here", here: "x").origins == [:])
        #expect(try await self.fetch(peers, from: nil, here: "x").origins == [:])
        #expect(peers.calls.isEmpty)
    }

    @Test("an artifact that nobody knows the runner of is looked for with all of them")
    func unnamed() async throws {
        let peers = FakePeers(["second": ["k/part": "it"]])
        #expect(try await self.fetch(peers, from: nil, subPath: "part").text == "it")
        #expect(peers.calls == ["first k/part", "second k/part"])
        #expect(try await self.fetch(FakePeers([:]), from: nil).origins == [0: .absent(from: nil)])
    }

    @Test("a runner that is away is asked again until it is back")
    func away() async throws {
        let peers = FakePeers(["first": ["k": "it"]], silences: ["first": 2])
        #expect(try await self.fetch(peers, from: "first").text == "it")
        #expect(peers.calls.count == 3)
    }

    @Test("a stream that ends too early is not taken for the artifact: it is asked for again")
    func cut() async throws {
        let peers = FakePeers(["first": ["k": "whole"]], cuts: 2)
        #expect(try await self.fetch(peers, from: "first").text == "whole")
        #expect(peers.calls.count == 3)
    }

    @Test("a folder that another runner has packed is a folder here")
    func folder() async throws {
        let fixture = try RunnerFixture(isolation: Isolation.none)
        defer { fixture.cleanUp() }
        let tree = "\(fixture.configuration.dataFolder)/tree"
        try HostFiles.makeFolders("\(tree)/below")
        try HostFiles.write(Array("it".utf8), to: "\(tree)/below/file")
        try Archives.tar(tree, to: "\(tree).tar")
        let peers = FakePeers(folder: try #require(try HostFiles.readIfPresent("\(tree).tar")), key: "k")
        #expect(try await self.fetch(peers, from: "first", file: "below/file").text == "it")
    }

    @Test("where the runner that has made an artifact no longer has it, the error names both")
    func gone() async throws {
        #expect(try await self.fetch(FakePeers([:]), from: "first").origins == [0: .absent(from: "first")])
        let fixture = try RunnerFixture(isolation: Isolation.none)
        defer { fixture.cleanUp() }
        var launch = fixture.shell("true")
        launch.inputArtifacts = [try Self.artifact()]
        let inputs = InputArtifacts(
            repository: FileArtifactRepository(root: fixture.configuration.artifactsFolder))
        let folder = PodFolder(root: fixture.configuration.podsFolder, id: "w/p")
        try inputs.empty(folder)
        let error = #expect(throws: RunnerError.self) {
            _ = try inputs.prepare(launch, in: folder, from: [0: .absent(from: "first")])
        }
        #expect(
            error?.message == """
                artifact in failed to load: no object "k" in the repository of runner "first", which has made it
                """)
    }

    @Test("of a runner that stays away the error names the artifact, the runner and what to do")
    func lost() async throws {
        let peers = FakePeers([:], silences: ["first": .max])
        let error = await #expect(throws: RunnerError.self) {
            _ = try await self.fetch(peers, from: "first", patience: .zero)
        }
        #expect(
            error?.message == """
                artifact in failed to load: runner "first" has not given "k" for 0 s (it is away): start that runner \
                with its data folder, then retry the workflow
                """)
    }

    @Test("nothing is waited for once the pod is to end")
    func unwanted() async throws {
        let peers = FakePeers([:], silences: ["first": .max])
        #expect(try await self.fetch(peers, from: "first", isUnwanted: true).origins == nil)
        #expect(peers.calls.count == 1)
    }
}
