import ActorTransport
import Gateway
import Glibc
import Logging
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

    private static func parallelism(_ settings: RoleSettings) -> Parallelism {
        var parallelism = Parallelism()
        parallelism.total = settings.number("parallelism") ?? 0
        parallelism.perNamespace = settings.number("namespace-parallelism") ?? 0
        return parallelism
    }

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
            configuration.parallelism = Self.parallelism(self.settings)
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
                stopping: { server.health.set(.notServing) },
                reload: {
                    do throws(CommandFailure) {
                        let settings = try self.settings.readAgain(self.console)
                        scheduler.setParallelism(Self.parallelism(settings))
                        setup.logger.info("settings read again")
                    } catch {
                        setup.logger.error(
                            "settings not read again, the last ones stay in use",
                            metadata: ["reason": "\(error.message)"])
                    }
                })
        } catch let error as StoreError {
            throw CommandFailure("\(error)")
        }
    }
}
