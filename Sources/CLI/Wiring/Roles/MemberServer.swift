import ActorTransport
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
    private let client: ClusterClient
    private let isHeard = Atomic(false)

    init(client: ClusterClient) { self.client = client }

    /// Why the cluster cannot be used now, if it cannot.
    var obstacle: String? { self.isHeard.load(ordering: .relaxed) ? nil : "no scheduler answers" }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await self.client.follow { self.isHeard.store($0, ordering: .relaxed) }
        }
    }
}
