import Synchronization

/// Joins the members of one process.
///
/// Messages are bytes here too, so that nothing relies on shared memory.
package final class LoopbackTransport: Transport {
    private let members = Mutex<[String: any CallHandler]>([:])

    package init() {}

    package func join(_ member: String, _ handler: any CallHandler) {
        self.members.withLock { $0[member] = handler }
    }

    package func leave(_ member: String) {
        self.members.withLock { _ = $0.removeValue(forKey: member) }
    }

    package func unary(_ call: WireCall) async throws(ServiceError) -> [UInt8] {
        try await self.handler(of: call).handle(call)
    }

    package func stream(_ call: WireCall) async throws(ServiceError) -> WireStream {
        try await self.handler(of: call).handleStream(call)
    }

    private func handler(of call: WireCall) throws(ServiceError) -> any CallHandler {
        guard let handler = self.members.withLock({ $0[call.target.member] }) else {
            throw .unreachable(call.target.member)
        }
        return handler
    }
}
