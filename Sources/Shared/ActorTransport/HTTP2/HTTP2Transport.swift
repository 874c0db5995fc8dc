package import HTTP2
package import NIOCore
import NIOPosix
import Synchronization
package import TLS

/// Carries calls to the members of other processes: gRPC over one HTTP/2 connection for each.
///
/// A connection is made when a member is first called. When one is lost, the calls on it fail at once with
/// `unavailable`, and the next call connects again; a member that cannot be reached is left alone for a while that
/// grows, and calls fail meanwhile. A call that the other side certainly did not look at, because it is shutting down,
/// is made once more. More calls than may be under way and wait fail with `resourceExhausted`.
package final class HTTP2Transport: Transport {
    private let addresses: any AddressBook
    private let own: LoopbackTransport
    private let peers = Mutex<[String: Peer]>([:])
    private let dial: @Sendable (String, MemberAddress) -> EventLoopFuture<GRPCConnection>

    /// How often a call is made that was not looked at.
    private static let attempts = 3

    /// - Parameters:
    ///   - own: reaches the members of this process, without a wire.
    ///   - limits: a member that is silent for their `keepaliveTimeout` is not there, also while we connect.
    ///   - tls: what we show of ourselves, and by what we know the member that we call; `nil`: plain text.
    package init(
        addresses: any AddressBook, own: LoopbackTransport = LoopbackTransport(), tls: MemberTLS? = nil,
        limits: HTTP2Limits = .members, callLimits: GRPCCallLimits = GRPCCallLimits(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.addresses = addresses
        self.own = own
        self.dial = { member, address in
            GRPCConnection.connect(
                host: address.host, port: address.port, limits: limits, callLimits: callLimits,
                timeout: limits.keepaliveTimeout, on: group.next()
            ) { channel in
                guard let tls else { return }
                guard let identity = ServiceIdentity(role: address.role, member: member) else {
                    throw ServiceError(.invalidArgument, "\"\(member)\" can be no member's name")
                }
                try channel.pipeline.syncOperations.addHandler(try tls.clientHandler(to: identity))
            }
        }
    }

    package func unary(_ call: WireCall) async throws(ServiceError) -> [UInt8] {
        if self.own.has(call.target.member) { return try await self.own.unary(call) }
        let request = GRPCRequest(call, deadline: call.deadline)
        return try await self.perform(call) { (connection) async throws(GRPCStatus) in
            try await connection.unary(request)
        }
    }

    /// The call's deadline is that of the answer's beginning.
    package func stream(_ call: WireCall) async throws(ServiceError) -> WireStream {
        if self.own.has(call.target.member) { return try await self.own.stream(call) }
        let request = GRPCRequest(call, deadline: nil)
        let stream = try await self.perform(call) { (connection) async throws(GRPCStatus) in
            guard let deadline = call.deadline else { return try await connection.stream(request) }
            do {
                return try await withDeadline(deadline) { try await connection.stream(request) }
            } catch let status as GRPCStatus {
                throw status
            } catch {
                throw ServiceError(wrapping: error).grpcStatus
            }
        }
        let source = StreamSource(stream)
        return AsyncThrowingStream(unfolding: {
            do {
                return try await source.next()
            } catch {
                throw ServiceError(wrapping: error)
            }
        })
    }

    /// Ends every connection once the calls on it have ended.
    package func drain() {
        let peers = self.peers.withLock { peers in
            defer { peers = [:] }
            return peers
        }
        for peer in peers.values { peer.drain() }
    }

    private func perform<Answer>(
        _ call: WireCall, _ body: (GRPCConnection) async throws(GRPCStatus) -> Answer
    ) async throws(ServiceError) -> Answer {
        guard call.method.hasPrefix("/") else { throw ServiceError(.unimplemented, "unknown method \(call.method)") }
        var attempt = 1
        while true {
            guard let address = self.addresses.address(of: call.target.member) else {
                throw ServiceError.unreachable(call.target.member, "it has no address")
            }
            let peer = self.peer(call.target.member)
            let connection = try await peer.connection(at: address, deadline: call.deadline)
            do throws(GRPCStatus) {
                return try await body(connection)
            } catch {
                guard error.isNotProcessed, attempt < HTTP2Transport.attempts else { throw ServiceError(error) }
                attempt += 1
            }
        }
    }

    private func peer(_ member: String) -> Peer {
        self.peers.withLock { peers in
            if let peer = peers[member] { return peer }
            let peer = Peer(member) { [dial] address in dial(member, address) }
            peers[member] = peer
            return peer
        }
    }
}
