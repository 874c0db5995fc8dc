package import JSON
import Synchronization

/// The streaming methods of a scheduler.
package enum QueryStreams {
    package static let watchWorkflows = StreamMethod<WatchRequest, WatchEvent>("/apus.v1.Query/WatchWorkflows")
    /// What schedulers ask each other, to make one watch of theirs.
    package static let watchShards = StreamMethod<ShardWatchRequest, ShardNotice>("/apus.v1.Query/WatchShards")
    package static let watchEvents = StreamMethod<WatchRequest, JSONValue>("/apus.v1.Query/WatchEvents")
    /// The same, of events for people.
    package static let watchShardEvents = StreamMethod<ShardWatchRequest, ShardNotice>(
        "/apus.v1.Query/WatchShardEvents")
    package static let logs = StreamMethod<LogRequest, LogBatch>("/apus.v1.Query/Logs")
    package static let artifact = StreamMethod<ArtifactRequest, ArtifactChunk>("/apus.v1.Query/Artifact")
}

/// The streaming methods of a runner.
package enum RunnerStreams {
    package static let logs = StreamMethod<PodLogRequest, LogBatch>("/apus.v1.Runner/Logs")
    package static let artifact = StreamMethod<StoredArtifact, ArtifactChunk>("/apus.v1.Runner/Artifact")
}

/// A message of an artifact stream: first what it is, then its bytes.
package enum ArtifactChunk: ProtoMessage, Hashable {
    case header(fileName: String, size: Int?, isFolder: Bool = false)
    case data([UInt8])

    package static let schema = MessageSchema("apus.v1.ArtifactChunk")

    package init() { self = .data([]) }

    package mutating func fields<Coder: FieldCoder>(_ coder: inout Coder) throws(ServiceError) {
        var header: ArtifactHeader?
        var data: [UInt8]?
        switch self {
        case .header(let fileName, let size, let isFolder):
            header = ArtifactHeader(fileName: fileName, size: size, isFolder: isFolder)
        case .data(let bytes): data = Coder.isReading ? nil : bytes
        }
        try coder.field("header", &header)
        try coder.field("data", &data)
        if let header {
            self = .header(fileName: header.fileName, size: header.size, isFolder: header.isFolder)
        } else if let data {
            self = .data(data)
        } else {
            throw ServiceError(.invalidArgument, "a message of an artifact stream has no part that is known")
        }
    }
}

private struct ArtifactHeader: MessageFields {
    var fileName = ""
    var size: Int?
    var isFolder = false

    mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("file_name", &self.fileName)
        try coder.field("size", &self.size)
        try coder.field("is_folder", &self.isFolder)
    }
}

extension ArtifactContent {
    /// Puts the content on a wire: the header, then the chunks.
    package func wireChunks() -> AsyncThrowingStream<ArtifactChunk, any Error> {
        let header = ArtifactChunk.header(
            fileName: self.fileName, size: self.size, isFolder: self.isFolder)
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
        guard case .header(let fileName, let size, let isFolder) = first else {
            throw ServiceError(.internal, "an artifact stream begins with its header")
        }
        let rest = AsyncThrowingStream<[UInt8], any Error>(unfolding: {
            guard case .data(let bytes) = try await source.next() else { return nil }
            return bytes
        })
        self.init(fileName: fileName, size: size, isFolder: isFolder, chunks: rest)
    }
}
