package import JSON
import Synchronization

/// The streaming methods of a scheduler.
package enum QueryStreams {
    package static let watchWorkflows = StreamMethod<WatchRequest, WatchEvent>("/apus.v1.Query/WatchWorkflows")
    /// What schedulers ask each other, to make one watch of theirs.
    package static let watchShards = StreamMethod<ShardWatchRequest, ShardNotice>("/apus.v1.Query/WatchShards")
    package static let watchEvents = StreamMethod<WatchRequest, JSONValue>("/apus.v1.Query/WatchEvents")
    package static let logs = StreamMethod<LogRequest, LogBatch>(
        "/apus.v1.Query/Logs", encode: { $0.bytes }, decode: { try LogBatch(bytes: $0) })
    package static let artifact = StreamMethod<ArtifactRequest, ArtifactChunk>(
        "/apus.v1.Query/Artifact", encode: { $0.bytes }, decode: { try ArtifactChunk(bytes: $0) })
}

/// The streaming methods of a runner.
package enum RunnerStreams {
    package static let logs = StreamMethod<PodLogRequest, LogBatch>(
        "/apus.v1.Runner/Logs", encode: { $0.bytes }, decode: { try LogBatch(bytes: $0) })
    package static let artifact = StreamMethod<StoredArtifact, ArtifactChunk>(
        "/apus.v1.Runner/Artifact", encode: { $0.bytes }, decode: { try ArtifactChunk(bytes: $0) })
}

/// A message of an artifact stream: first what it is, then its bytes.
package enum ArtifactChunk: Sendable, Hashable {
    case header(fileName: String, size: Int?)
    case data([UInt8])

    private static let headerTag: UInt8 = 0
    private static let dataTag: UInt8 = 1

    var bytes: [UInt8] {
        switch self {
        case .header(let fileName, let size):
            let members: JSONValue = ["fileName": .string(fileName), "size": size.map { .integer($0) } ?? .null]
            return [ArtifactChunk.headerTag] + members.bytes
        case .data(let bytes):
            return [ArtifactChunk.dataTag] + bytes
        }
    }

    init(bytes: [UInt8]) throws(ServiceError) {
        switch bytes.first {
        case ArtifactChunk.headerTag:
            let members = try Wire.parse(Array(bytes.dropFirst()))
            self = .header(fileName: members["fileName"]?.stringValue ?? "", size: members["size"]?.integerValue)
        case ArtifactChunk.dataTag:
            self = .data(Array(bytes.dropFirst()))
        default:
            throw ServiceError(.internal, "a message of an artifact stream has no tag that is known")
        }
    }
}

extension ArtifactContent {
    /// Puts the content on a wire: the header, then the chunks.
    package func wireChunks() -> AsyncThrowingStream<ArtifactChunk, any Error> {
        let header = ArtifactChunk.header(fileName: self.fileName, size: self.size)
        let isHeaderSent = Atomic<Bool>(false)
        let source = StreamSource(self.chunks)
        return AsyncThrowingStream(unfolding: {
            guard isHeaderSent.exchange(true, ordering: .relaxed) else { return header }
            return try await source.next().map { .data($0) }
        })
    }

    /// Takes the content from a wire.
    package init(wire: AsyncThrowingStream<ArtifactChunk, any Error>) async throws(ServiceError) {
        let source = StreamSource(wire)
        let first = try await ServiceError.wrapping { try await source.next() }
        guard case .header(let fileName, let size) = first else {
            throw ServiceError(.internal, "an artifact stream begins with its header")
        }
        let rest = AsyncThrowingStream<[UInt8], any Error>(unfolding: {
            guard case .data(let bytes) = try await source.next() else { return nil }
            return bytes
        })
        self.init(fileName: fileName, size: size, chunks: rest)
    }
}
