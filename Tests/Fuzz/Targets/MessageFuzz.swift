import JSON
import Model

@testable import ActorTransport

/// The arguments and answers of every method: what is read is written so that it is read again as the same.
enum MessageFuzz {
    private static let readers: [@Sendable ([UInt8]) -> Void] = [
        read(CreateWorkflow.self), read(SubmitWorkflow.self), read(WorkflowAction.self), read(WorkflowQuery.self),
        read(WorkflowPage.self), read(ObjectQuery.self), read(WatchRequest.self), read(WatchEvent.self),
        read(LogRequest.self), read(ArtifactRequest.self), read(ShardWatchRequest.self), read(ShardNotice.self),
        read(ObjectKey.self), read(DeleteWorkflow.self), read(StoreObject.self), read(ListObjects.self),
        read([PodStop].self), read(PodLogRequest.self), read(StoredArtifact.self), read(ClusterView.self),
        read(DrainRequest.self), read([PodReport].self), read([PodLaunch].self), read([PodIdentity].self),
        read(Nothing.self), read(JSONValue.self),
    ]

    /// The first byte chooses the message.
    static func run(_ input: [UInt8]) {
        let number = Int(input.first ?? 0) % self.readers.count
        self.readers[number](Array(input.dropFirst()))
    }

    private static func read<Message: WireMessage & SendableMetatype>(
        _ type: Message.Type
    ) -> @Sendable ([UInt8]) -> Void {
        { bytes in
            guard let message = try? type.init(encoded: bytes), let written = try? message.encoded() else { return }
            let again = (try? type.init(encoded: written)).flatMap { try? $0.encoded() }
            promise(again == written, "\(type) is the same after a journey")
        }
    }
}

/// The messages of streams that are not JSON: lines of logs and pieces of artifacts.
enum StreamFuzz {
    static func run(_ input: [UInt8]) {
        if let batch = try? LogBatch(encoded: input) {
            promise(self.again(batch) == batch, "a batch of lines is the same after a journey")
        }
        if let chunk = try? ArtifactChunk(encoded: input) {
            promise(self.again(chunk) == chunk, "a chunk is the same after a journey")
        }
    }

    private static func again<Message: WireMessage>(_ message: Message) -> Message? {
        (try? message.encoded()).flatMap { try? Message(encoded: $0) }
    }
}
