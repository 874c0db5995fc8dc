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

    /// Whether a member is of this process.
    package func has(_ member: String) -> Bool { self.members.withLock { $0[member] != nil } }

    package func unary(_ call: WireCall) async throws(ServiceError) -> [UInt8] {
        let handler = try self.handler(of: call)
        return try await ServiceError.wrapping {
            try await withDeadline(call.deadline) { try await handler.handle(call) }
        }
    }

    package func stream(_ call: WireCall) async throws(ServiceError) -> WireStream {
        let handler = try self.handler(of: call)
        return try await ServiceError.wrapping {
            try await withDeadline(call.deadline) { try await handler.handleStream(call) }
        }
    }

    private func handler(of call: WireCall) throws(ServiceError) -> any CallHandler {
        guard let handler = self.members.withLock({ $0[call.target.member] }) else {
            throw .unreachable(call.target.member)
        }
        return handler
    }
}
