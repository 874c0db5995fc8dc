import ActorTransport
import Logging
import ServiceLifecycle
import Synchronization

/// The port on which other members reach this one.
///
/// On shutdown it takes no new call, waits for those that run, and cuts off what takes longer than the grace period.
final class MemberServer: Service {
    private let server: HTTP2Server
    private let system: ApusActorSystem
    private let grace: Duration
    private let (ended, end) = AsyncStream<Void>.makeStream()
    /// What `grpc.health.v1` answers: not serving until `ready` says otherwise.
    let health = HealthService(.notServing)
    /// Where others reach it.
    let address: MemberAddress

    /// Listens; calls wait until it runs.
    ///
    /// - Throws: `CommandFailure` where it cannot.
    init(_ setup: MemberSetup) async throws {
        let host = try setup.settings.required("host")
        let port = setup.settings.number("port") ?? 0
        do {
            self.server = try await HTTP2Server.listen(host: host, port: port, tls: setup.tls)
        } catch {
            throw CommandFailure("cannot listen on \(host):\(port): \(error)")
        }
        self.system = setup.system
        self.grace = setup.settings.duration("grace") ?? .zero
        if let text = setup.settings.text("advertise") {
            guard let address = MemberAddress(text) else {
                throw CommandFailure("invalid advertise \"\(text)\": as HOST:PORT")
            }
            self.address = address
        } else {
            let isAnywhere = ["0.0.0.0", "::"].contains(host)
            self.address = MemberAddress(host: isAnywhere ? DataFolder.hostName : host, port: self.server.port)
        }
    }

    func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask {
                await self.server.run(self.system, health: self.health)
                self.end.finish()
            }
            // Cancelled: the process ends at once.
            do { try await gracefulShutdown() } catch { self.server.close() }
            await self.drain()
        }
    }

    /// Lets the calls that run end, and takes no more; may be called twice.
    func drain() async {
        self.health.set(.notServing)
        self.server.drain()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in self.ended {} }
            group.addTask {
                // Cancelled once every call has ended.
                do { try await ContinuousClock().sleep(for: self.grace) } catch { return }
            }
            await group.next()
            group.cancelAll()
        }
        self.server.close()
    }
}

/// Keeps a client's map of the cluster up to date, and knows whether schedulers answer.
final class ClusterFollower: Service {
    /// How often it says that still no scheduler answers.
    private static let reminder = Duration.seconds(30)

    private struct State {
        /// Why no scheduler answers; `nil`: one does.
        var reason: ServiceError? = ServiceError(.unavailable, "none was asked yet")
        var complaint = Complaint(every: ClusterFollower.reminder)
    }

    private let client: ClusterClient
    private let logger: Logger
    private let state = Mutex(State())

    init(client: ClusterClient, logger: Logger) {
        self.client = client
        self.logger = logger
    }

    /// Why the cluster cannot be used now, if it cannot.
    var obstacle: String? { self.state.withLock { $0.reason }.map { "no scheduler answers: \($0)" } }

    func run() async throws {
        await cancelWhenGracefulShutdown { await self.client.follow { self.note($0) } }
    }

    private func note(_ reason: ServiceError?) {
        let complaint = "no scheduler answers, they are asked again"
        let isNews = self.state.withLock { state in
            state.reason = reason
            // Each scheduler may have a reason of its own: they are no news.
            return reason == nil ? state.complaint.end() : state.complaint.isDue(complaint)
        }
        guard isNews else { return }
        if let reason {
            self.logger.warning("\(complaint)", metadata: ["reason": "\(reason)"])
        } else {
            self.logger.info("schedulers answer")
        }
    }
}
