import ActorTransport
import Glibc
import JSON
import Model
import NodeRunner

/// Lets schedulers reach the runner of this process through its door.
struct LocalRunnerDoor: PodBackendDoor {
    private static let chunkSize = 64 * 1024

    let runner: LocalRunner

    func launch(_ launches: [PodLaunch]) async throws -> [LaunchRefusal] { try await self.runner.launch(launches) }

    func stop(_ identity: PodIdentity, graceSeconds: Int) async throws {
        await self.runner.stop(identity, graceSeconds: graceSeconds)
    }

    func unknown(_ identities: [PodIdentity]) async throws -> [PodIdentity] {
        await self.runner.unknown(identities)
    }

    func remove(_ workflow: ObjectKey) async throws {
        guard let uid = workflow.uid else { return }
        await self.runner.remove(workflowUID: uid)
    }

    func logs(_ request: PodLogRequest) async throws -> AsyncThrowingStream<LogBatch, any Error> {
        var selection = LogSelection(follow: request.lines.follow, tail: request.lines.tailLines)
        if let told = request.lines.after.first(where: { $0.podName == request.podName }) {
            // What was asked for at first: the rest of it.
            selection.after = told.time
            selection.tail = nil
        } else if let seconds = request.lines.sinceSeconds {
            selection.since = Console.clock() - GoDuration(seconds: Int64(seconds))
        } else if let time = request.lines.sinceTime {
            selection.since = Timestamp(time)
        }
        selection.byteLimit = request.lines.limitBytes
        if let selector = request.lines.selector { selection.labels = try LabelSelector(selector) }
        let batches = try self.runner.logs(
            workflowUID: request.identity.workflowUID, podName: request.podName, selection)
        let hasTimestamps = request.lines.timestamps
        let podName = request.podName
        return batches.mapLazily { lines in
            LogBatch(
                lines.map { line in
                    let text = hasTimestamps ? "\(LocalTime.precise(line.timestamp)) \(line.content)" : line.content
                    return LogEntry(content: text, podName: podName, timestamp: line.timestamp)
                })
        }
    }

    func artifact(_ request: StoredArtifact) async throws -> ArtifactContent {
        let artifact = try Artifact(json: request.artifact, at: DecodingPlace())
        if let raw = artifact.raw {
            let bytes = Array(raw.data.utf8)
            return ArtifactContent(fileName: artifact.name, size: bytes.count, chunks: .single(bytes))
        }
        guard let key = artifact.s3?.key, let path = try self.runner.artifact(key: key) else {
            throw ServiceError(.notFound, "artifact \"\(artifact.name)\" is not stored on this machine")
        }
        let fileName = key.split(separator: "/").last.map(String.init) ?? artifact.name
        guard request.packsFolder, Descriptor.isDirectory(path) else {
            return try Self.content(of: path, fileName: fileName)
        }
        let runner = self.runner
        let packed = try await BlockingWork.trying { () throws(RunnerError) in try runner.pack(path) }
        defer { unlink(packed) }
        var content = try Self.content(of: packed, fileName: fileName)
        content.isFolder = true
        return content
    }

    private static func content(of path: String, fileName: String) throws -> ArtifactContent {
        guard !Descriptor.isDirectory(path) else {
            throw ServiceError(
                .unimplemented, "artifact \"\(fileName)\" is a folder, which cannot be fetched as a file")
        }
        let reader = try FileReader(path)
        return ArtifactContent(
            fileName: fileName, size: reader.size,
            chunks: AsyncThrowingStream(unfolding: { try reader.next(Self.chunkSize) }))
    }
}

/// A file that is read piece by piece, and closed when nobody reads it any longer.
private final class FileReader: Sendable {
    let size: Int
    private let descriptor: Int32

    init(_ path: String) throws(ServiceError) {
        self.descriptor = open(path, O_RDONLY | O_CLOEXEC)
        var status = stat()
        guard self.descriptor >= 0, fstat(self.descriptor, &status) == 0 else {
            throw ServiceError(.notFound, "open \(path): \(Descriptor.reason())")
        }
        self.size = Int(status.st_size)
    }

    deinit { close(self.descriptor) }

    func next(_ count: Int) throws(ServiceError) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        let taken = read(self.descriptor, &bytes, count)
        guard taken >= 0 else { throw ServiceError(.internal, "an artifact cannot be read: \(Descriptor.reason())") }
        return taken == 0 ? nil : Array(bytes[..<taken])
    }
}

extension AsyncThrowingStream where Failure == any Error, Element: Sendable {
    fileprivate static func single(_ element: Element) -> Self {
        Self { continuation in
            continuation.yield(element)
            continuation.finish()
        }
    }
}
