import ActorTransport
import ArgumentParser
import Gateway
import Glibc
import Logging
import NodeRunner
import Scheduler
import ServiceLifecycle
import TLS
import Telemetry

/// Where and how this machine runs pods: of `server` and `run`.
struct LocalOptions: ParsableArguments {
    @Option(
        name: .long, parsing: .unconditional,
        help: "How pods are kept apart: sandbox, or none. Without it a sandbox, where this machine can make one.")
    var isolation: String?

    @Option(name: .long, parsing: .unconditional, help: "How many pods run at once.")
    var maxPods: Int?

    @Option(name: .long, parsing: .unconditional, help: "Log level: debug, info, warn or error.")
    var loglevel: String?

    @Option(name: .long, parsing: .unconditional, help: "Log format: text or json.")
    var logFormat: String?

    @Flag(name: [.customShort("v"), .long], help: "Verbose logging, as --loglevel debug.")
    var verbose = false

    /// - Throws: `CommandFailure` for values that cannot be.
    func settings(dataFolder: String, console: Console) throws(CommandFailure) -> LocalCluster.Settings {
        if let text = self.isolation, Isolation(rawValue: text) == nil {
            throw CommandFailure("invalid --isolation \"\(text)\": one of sandbox, none")
        }
        if let count = self.maxPods, count < 1 {
            throw CommandFailure("invalid --max-pods \(count): at least 1")
        }
        return LocalCluster.Settings(
            dataFolder: dataFolder, isolation: self.isolation.flatMap { Isolation(rawValue: $0) },
            maximumPods: self.maxPods, supervisorPath: try DataFolder.supervisor(console),
            environment: console.environment)
    }

    /// A logger of the services, at `quietLevel` where no other is asked for.
    func logger(
        _ label: String, quietLevel: String = "info", console: Console, metrics: MetricRegistry
    ) throws(CommandFailure) -> Logger {
        try ServerLog.logger(
            label, level: self.verbose ? "debug" : self.loglevel ?? quietLevel, format: self.logFormat,
            console: console, metrics: metrics)
    }
}

/// `server`: scheduler, runner and gateway in one process.
struct ServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "server", abstract: "run scheduler, runner and API server in this process",
        discussion: """
            Keeps everything in one folder, runs pods as processes of this machine, and answers on \
            http://127.0.0.1:2746 until it is told to stop (SIGTERM, SIGINT). Pods outlive it: started again on the \
            same folder, it goes on where it was.

            With --secure it speaks TLS. A new certificate in the place of the old one is used for new connections \
            within seconds, or at once with SIGHUP; one that cannot be used is reported, and the old one stays.
            """)

    @Option(
        name: .long, parsing: .unconditional,
        help: "Folder for everything that is stored. Without it $XDG_DATA_HOME/apus or ~/.local/share/apus.")
    var dataDir: String?

    @Option(
        name: .long, parsing: .unconditional,
        help: """
            PostgreSQL database for workflows, as postgres://user@host/name or key=value pairs that libpq reads. \
            Without it they are in the data folder.
            """)
    var store: String?

    @Option(name: .long, parsing: .unconditional, help: "Address to listen on.")
    var host = "127.0.0.1"

    @Option(
        name: [.customShort("p", allowingJoined: true), .long], parsing: .unconditional,
        help: "Port to listen on; 0 takes a free one.")
    var port = 2746

    @Flag(
        name: .long,
        help: "Listen on an address of this machine that others reach, without TLS or without authentication.")
    var allowInsecure = false

    @Option(name: .long, parsing: .unconditional, help: "Seconds until answers that run are cut off on shutdown.")
    var grace = 30

    @Option(name: .long, parsing: .unconditional, help: "How many workflows run at once; 0: any number.")
    var parallelism = 0

    @Option(
        name: .long, parsing: .unconditional, help: "How many workflows of one namespace run at once; 0: any number.")
    var namespaceParallelism = 0

    @OptionGroup var tls: TLSOptions

    @OptionGroup var local: LocalOptions

    func run() async throws {
        let console = Console.current
        guard (0...65_535).contains(self.port) else {
            throw CommandFailure("invalid --port \(self.port): from 0 to 65535")
        }
        guard (0...86_400).contains(self.grace) else {
            throw CommandFailure("invalid --grace \(self.grace): seconds from 0 to 86400")
        }
        let folder = try self.dataDir ?? DataFolder.standard(console)
        guard !folder.isEmpty else { throw CommandFailure("invalid --data-dir: it is empty") }
        var settings = try self.local.settings(dataFolder: folder, console: console)
        for (option, limit) in [
            ("--parallelism", self.parallelism), ("--namespace-parallelism", self.namespaceParallelism),
        ] where limit < 0 { throw CommandFailure("invalid \(option) \(limit): at least 0") }
        settings.parallelism.total = self.parallelism
        settings.parallelism.perNamespace = self.namespaceParallelism
        settings.database = try self.store.map { try StoreAddress.checked($0, named: "--store") }
        let metrics = ServiceMetrics.registry(of: ServiceRole.allCases)
        let logger = try self.local.logger("apus", console: console, metrics: metrics)
        // Signals are kept from now on; what asks for the certificate waits until there is one.
        let signals = ProcessSignals([SIGINT, SIGTERM, SIGHUP])
        do {
            let cluster = try await LocalCluster(settings, metrics: metrics) { label in
                var service = logger
                service[metadataKey: "service"] = "\(label)"
                return service
            }
            var configuration = self.gatewayConfiguration
            configuration.tls = try self.tls.certificate(host: self.host, dataFolder: folder) { path in
                logger.info("self-signed certificate: clients trust it by its file", metadata: ["file": "\(path)"])
            }
            let gateway = GatewayService(
                configuration: configuration, cluster: cluster.client,
                obstacle: { cluster.scheduler.obstacle },
                metrics: metrics, logger: logger)
            let port = try await gateway.bind()
            try await self.serve(cluster, gateway, port: port, signals: signals, logger: logger)
        } catch let error as StoreError {
            throw CommandFailure("\(error)")
        } catch let error as RunnerError {
            throw CommandFailure("\(error)")
        } catch let error as GatewayError {
            throw CommandFailure("\(error)")
        } catch let error as TLSError {
            throw CommandFailure("\(error)")
        }
    }

    private var gatewayConfiguration: GatewayConfiguration {
        var configuration = GatewayConfiguration()
        configuration.host = self.host
        configuration.port = self.port
        configuration.allowInsecure = self.allowInsecure
        configuration.limits.shutdownGrace = .seconds(self.grace)
        return configuration
    }

    /// Runs the services until a signal comes: the gateway stops first, then the scheduler, then the runner.
    private func serve(
        _ cluster: LocalCluster, _ gateway: GatewayService, port: Int, signals: ProcessSignals, logger: Logger
    ) async throws {
        let host = self.host.contains(":") ? "[\(self.host)]" : self.host
        let scheme = self.tls.secure ? "https" : "http"
        let address = "\(scheme)://\(host):\(port)"
        let door = ReadyGateway(
            gateway: gateway, scheduler: cluster.scheduler, greeting: "listening on \(address)")
        let presence = GatewayPresence(client: cluster.client, address: address)
        try await ServiceProcess.run(
            [cluster.runnerService, cluster.scheduler, presence, MemoryKeeper(), door], signals: signals,
            logger: logger,
            reload: { gateway.reloadCertificate() })
    }
}

/// A gateway that lets nobody in before the scheduler can answer.
///
/// Connections wait until then.
private struct ReadyGateway: Service {
    let gateway: GatewayService
    let scheduler: SchedulerService
    /// Printed when requests are answered.
    let greeting: String

    func run() async throws {
        try await self.scheduler.ready()
        Console.current.line(self.greeting)
        try await self.gateway.run()
    }
}
