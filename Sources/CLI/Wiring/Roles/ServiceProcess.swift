import Glibc
import Logging
import ServiceLifecycle

/// A process whose services run until it is told to stop.
enum ServiceProcess {
    /// Runs the services until SIGINT or SIGTERM comes; the last of them is stopped first, and a second signal ends the
    /// process at once.
    ///
    /// - Parameters:
    ///   - stopping: told before the first is stopped.
    ///   - reload: told on SIGHUP.
    static func run(
        _ services: [any Service], signals: ProcessSignals, logger: Logger,
        stopping: @escaping @Sendable () -> Void = {}, reload: @escaping @Sendable () -> Void
    ) async throws {
        let group = ServiceGroup(services: services, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                var count = 0
                for await number in signals.stream {
                    guard number != SIGHUP else {
                        reload()
                        continue
                    }
                    count += 1
                    guard count == 1 else { Glibc.exit(128 + number) }
                    logger.info("stopping", metadata: ["signal": "\(number)"])
                    stopping()
                    await group.triggerGracefulShutdown()
                }
            }
            try await group.run()
            tasks.cancelAll()
        }
    }
}
