import ActorTransport
import Gateway
import Glibc
import Model
import NodeRunner
import OrderedCollections
import ServiceLifecycle
import TLS

/// A runner in a process of its own: runs pods on this machine and reports to the schedulers.
struct RunnerProcess {
    let settings: RoleSettings
    let console: Console

    func run() async throws {
        try await RunnerJoin(settings: self.settings).perform()
        let setup = try MemberSetup(self.settings, console: self.console)
        let signals = ProcessSignals([SIGINT, SIGTERM, SIGHUP])
        let folder = try self.settings.text("data-dir") ?? DataFolder.standard(self.console)
        let client = try setup.client()
        do {
            let server = try await MemberServer(setup)
            var configuration = RunnerConfiguration(
                dataFolder: folder, isolation: self.settings.text("isolation").flatMap { Isolation(rawValue: $0) },
                supervisorPath: try DataFolder.supervisor(self.console), hostName: setup.name,
                environment: self.console.environment, podLimit: self.settings.number("max-pods"))
            configuration.milliCPU = try self.amount("cpu", in: 1_000)
            configuration.memory = try self.amount("memory", in: 1)
            configuration.labels = try self.labels()
            configuration.version = GatewayVersion.version
            let runner = try await LocalRunner.start(
                configuration, logger: setup.logger,
                peers: ClusterArtifactPeers(system: setup.system, shards: client.shards),
                receiver: client.podReporter)
            RunnerEndpoint.publish(LocalRunnerDoor(runner: runner), on: setup.system)
            RunnerMetrics.observe(runner, in: setup.metrics)
            let service = RunnerService(
                runner: runner, system: setup.system, schedulers: client.shards,
                address: server.address.description)
            let greeter = ReadyService {
                server.health.set(.serving)
                Console.current.line("runner \(setup.name) ready on \(server.address)")
            }
            let probes = try await ProbePort.open(setup, health: server.health)
            let renewal = try RunnerRenewal(self.settings, logger: setup.logger) { _ = setup.tls.reload() }
            try await setup.run(
                probes + (renewal.map { [$0] } ?? []) + [
                    ClusterFollower(client: client, logger: setup.logger), service, server, greeter,
                ],
                signals: signals,
                stopping: {
                    server.health.set(.notServing)
                    runner.stopFollowing()
                })
        } catch let error as RunnerError {
            throw CommandFailure("\(error)")
        }
    }

    /// What a quantity says, in units of which there are `count` in one; 0 where nobody gave one.
    private func amount(_ name: String, in count: Double) throws(CommandFailure) -> Int {
        guard let text = self.settings.text(name) else { return 0 }
        guard let value = Quantity(text).value, value > 0, value * count < Self.largestAmount else {
            throw CommandFailure("invalid \(name) \"\(text)\": a quantity such as 4, 500m or 8Gi")
        }
        return Int((value * count).rounded(.up))
    }

    private static let largestAmount = 1e18

    private func labels() throws(CommandFailure) -> StringMap {
        var labels: StringMap = [:]
        for word in (self.settings.text("labels") ?? "").split(separator: ",") {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw CommandFailure("invalid labels \"\(word)\": as KEY=VALUE, separated by commas")
            }
            labels[String(parts[0])] = String(parts[1])
        }
        return labels
    }
}

/// Says that the process can do its work, and waits for its end.
private struct ReadyService: Service {
    let ready: @Sendable () -> Void

    func run() async throws {
        self.ready()
        try await gracefulShutdown()
    }
}
