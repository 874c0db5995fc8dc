package import TLS

/// One call as it crosses a wire.
package struct WireCall: Sendable {
    /// The stable name of the method: `/apus.v1.Shard/CreateWorkflow`.
    package var method: String
    package var target: ActorAddress
    package var message: [UInt8]
    /// After this the caller no longer waits.
    package var deadline: ContinuousClock.Instant?
    package var metadata: CallMetadata
    /// Whom the caller's certificate was issued to; `nil`: the call came from this process, or in plain text.
    package var caller: ServiceIdentity?

    package init(
        method: String, target: ActorAddress, message: [UInt8], deadline: ContinuousClock.Instant?,
        metadata: CallMetadata = CallMetadata()
    ) {
        self.method = method
        self.target = target
        self.message = message
        self.deadline = deadline
        self.metadata = metadata
    }
}

/// The messages of a stream, drawn one by one: a consumer that waits holds back the producer.
package typealias WireStream = AsyncThrowingStream<[UInt8], any Error>

/// Carries calls between members.
///
/// Cancelling the caller's task cancels the call on the other side. A call past its deadline is cancelled and fails
/// with `deadlineExceeded`. What goes wrong is thrown as `ServiceError`: `unavailable` where the member cannot be
/// reached or is lost, else what the other side threw.
package protocol Transport: Sendable {
    func unary(_ call: WireCall) async throws(ServiceError) -> [UInt8]
    func stream(_ call: WireCall) async throws(ServiceError) -> WireStream
}

/// The receiving side of a wire: what a member does with a call that reached it.
package protocol CallHandler: AnyObject, Sendable {
    /// Who handles.
    var member: String { get }
    /// Whether a method is answered with a stream.
    func isStream(_ method: String) -> Bool
    func handle(_ call: WireCall) async throws(ServiceError) -> [UInt8]
    func handleStream(_ call: WireCall) async throws(ServiceError) -> WireStream
}
