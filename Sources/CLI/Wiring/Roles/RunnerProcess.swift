import ActorTransport
import Glibc
import NodeRunner

/// A runner in a process of its own: runs pods on this machine and reports to the schedulers.
struct RunnerProcess {
    let settings: RoleSettings
    let console: Console

    func run() async throws {
        let setup = try MemberSetup(self.settings, console: self.console)
        let signals = ProcessSignals([SIGINT, SIGTERM, SIGHUP])
        let folder = try self.settings.text("data-dir") ?? DataFolder.standard(self.console)
        let client = try setup.client()
        do {
            let server = try await MemberServer(setup)
            let configuration = RunnerConfiguration(
                dataFolder: folder, isolation: self.settings.text("isolation").flatMap { Isolation(rawValue: $0) },
                supervisorPath: try DataFolder.supervisor(self.console), hostName: setup.name,
                environment: self.console.environment)
            let runner = try await LocalRunner.start(
                configuration, logger: setup.logger, receiver: client.podReporter)
            RunnerEndpoint.publish(LocalRunnerDoor(runner: runner), on: setup.system)
            let greeter = ReadyService(
                ready: { server.health.set(.serving) }, greeting: "runner \(setup.name) ready on \(server.address)")
            try await setup.run(
                [ClusterFollower(client: client), runner, server, greeter], signals: signals,
                stopping: { server.health.set(.notServing) })
        } catch let error as RunnerError {
            throw CommandFailure("\(error)")
        }
    }
}
