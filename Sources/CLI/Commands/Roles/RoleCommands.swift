import ArgumentParser

/// A command that is one service of a cluster; its flags are those of `SettingTable`.
protocol RoleCommand: AsyncParsableCommand {
    static var role: ServiceRole { get }
    var arguments: [String] { get }
    func run(_ settings: RoleSettings, console: Console) async throws
}

extension RoleCommand {
    func run() async throws {
        let console = Console.current
        let settings = try RoleSettings(Self.role, arguments: self.arguments, console: console)
        guard !settings.wantsHelp else {
            return console.line(
                ConfigurationGuide.help(
                    Self.role, abstract: Self.configuration.abstract, discussion: Self.configuration.discussion))
        }
        try await self.run(settings, console: console)
    }
}

/// `scheduler`: one replica of the schedulers of a cluster.
struct SchedulerCommand: RoleCommand {
    static let role = ServiceRole.scheduler
    static let configuration = CommandConfiguration(
        commandName: "scheduler", abstract: "run one scheduler of a cluster",
        discussion: """
            Shares the workflows with the other schedulers of the same PostgreSQL database. On SIGTERM it hands its \
            shards over to them; if it dies, they take its shards after the lease.
            """)

    @Argument(parsing: .captureForPassthrough)
    var arguments: [String] = []

    func run(_ settings: RoleSettings, console: Console) async throws {
        try await SchedulerProcess(settings: settings, console: console).run()
    }
}

/// `runner`: runs the pods of a cluster on this machine.
struct RunnerCommand: RoleCommand {
    static let role = ServiceRole.runner
    static let configuration = CommandConfiguration(
        commandName: "runner", abstract: "run the pods of a cluster on this machine",
        discussion: """
            Pods outlive it: started again on the same folder, it goes on where it was.
            """)

    @Argument(parsing: .captureForPassthrough)
    var arguments: [String] = []

    func run(_ settings: RoleSettings, console: Console) async throws {
        try await RunnerProcess(settings: settings, console: console).run()
    }
}

/// `gateway`: the API server of a cluster.
struct GatewayCommand: RoleCommand {
    static let role = ServiceRole.gateway
    static let configuration = CommandConfiguration(
        commandName: "gateway", abstract: "run an API server of a cluster",
        discussion: """
            Answers the same API as `apus server`, for the schedulers that `seeds` names and those that they know. It \
            holds no credentials of the database, and any number of gateways may serve one cluster.
            """)

    @Argument(parsing: .captureForPassthrough)
    var arguments: [String] = []

    func run(_ settings: RoleSettings, console: Console) async throws {
        try await GatewayProcess(settings: settings, console: console).run()
    }
}
