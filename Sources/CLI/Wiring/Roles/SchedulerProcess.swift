import ActorTransport
import Gateway
import Glibc
import NodeRunner
import Scheduler
import ServiceLifecycle
import TLS

/// A scheduler in a process of its own: one replica of those that share a PostgreSQL database.
struct SchedulerProcess {
    /// Two signs of life and a half: a single one that is late must not cost pods.
    private static let shortestSilence = Duration.seconds(5)

    let settings: RoleSettings
    let console: Console

    func run() async throws {
        let store = try StoreAddress.checked(try self.settings.required("store"), named: "store")
        let setup = try MemberSetup(self.settings, console: self.console)
        let signals = ProcessSignals([SIGINT, SIGTERM, SIGHUP])
        let silence = self.settings.duration("runner-silence")
        if let silence, silence < Self.shortestSilence {
            throw CommandFailure("invalid runner-silence \(silence): at least \(Self.shortestSilence)")
        }
        do {
            let server = try await MemberServer(setup)
            var configuration = SchedulerConfiguration()
            configuration.runnerSilence = silence ?? configuration.runnerSilence
            configuration.version = GatewayVersion.version
            configuration.address = server.address.description
            configuration.weight = self.settings.number("weight") ?? configuration.weight
            configuration.parallelism.total = self.settings.number("parallelism") ?? 0
            configuration.parallelism.perNamespace = self.settings.number("namespace-parallelism") ?? 0
            configuration.lease = self.settings.duration("lease") ?? configuration.lease
            let settings = configuration
            let scheduler = PatientScheduler(
                database: store, logger: setup.logger,
                make: { store in
                    SchedulerService(
                        configuration: settings, store: store, system: setup.system, machines: .workflowMachines,
                        addresses: setup.addresses, logger: setup.logger, metrics: setup.metrics,
                        beforeClosing: { await server.drain() })
                },
                ready: {
                    server.health.set(.serving)
                    Console.current.line("scheduler \(setup.name) ready on \(server.address)")
                })
            let probes = try await ProbePort.open(setup, health: server.health, obstacle: { scheduler.obstacle })
            try await setup.run(
                probes + [server, scheduler, MemoryKeeper()], signals: signals,
                stopping: { server.health.set(.notServing) })
        } catch let error as StoreError {
            throw CommandFailure("\(error)")
        }
    }
}
