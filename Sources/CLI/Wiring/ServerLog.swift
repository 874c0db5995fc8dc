import ActorTransport
import Logging
import Model
import Telemetry

/// The services' own log, on standard error: one line a message, as text or as JSON.
struct ServerLog: LogHandler {
    /// How lines are written.
    enum Format: String, CaseIterable {
        case text, json
    }

    private let label: String
    private let format: Format
    private let console: Console
    private let metrics: MetricRegistry?
    var metadata: Logger.Metadata = [:]
    /// What the call that is served belongs to.
    var metadataProvider: Logger.MetadataProvider? = Logger.MetadataProvider {
        CallContext.current.metadata.trace?.logFields ?? [:]
    }
    var logLevel: Logger.Level

    /// - Parameter metrics: where lines are counted.
    init(label: String, format: Format, level: Logger.Level, console: Console, metrics: MetricRegistry? = nil) {
        self.label = label
        self.format = format
        self.logLevel = level
        self.console = console
        self.metrics = metrics
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        self.metrics?.add(to: ProcessMetrics.messages, event.level.rawValue)
        var fields = [("time", LocalTime.universal(self.console.now())), ("level", event.level.rawValue.uppercased())]
        fields += [("msg", event.message.description), ("logger", self.label)]
        var metadata = self.metadata.merging(self.metadataProvider?.get() ?? [:]) { _, ofCall in ofCall }
        metadata.merge(event.metadata ?? [:]) { _, own in own }
        fields += metadata.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        if let error = event.error { fields.append(("error", "\(error)")) }
        switch self.format {
        case .text: self.console.errorLine(fields.map { "\($0.0)=\(CommandLog.word($0.1))" }.joined(separator: " "))
        case .json:
            let members = fields.map { "\(Documents.quoted($0.0)):\(Documents.quoted($0.1))" }
            self.console.errorLine("{\(members.joined(separator: ","))}")
        }
    }

    /// A logger of the services.
    ///
    /// - Throws: `CommandFailure` for a level or a format that there is not.
    static func logger(
        _ label: String, level: String?, format: String?, console: Console, metrics: MetricRegistry? = nil
    ) throws(CommandFailure) -> Logger {
        let level = try self.level(named: level)
        let format = try self.format(named: format)
        return Logger(label: label) {
            ServerLog(label: $0, format: format, level: level, console: console, metrics: metrics)
        }
    }

    private static let levels: [String: Logger.Level] = [
        "debug": .debug, "info": .info, "warn": .warning, "error": .error,
    ]

    /// - Throws: `CommandFailure` for a level that there is not.
    static func level(named name: String?) throws(CommandFailure) -> Logger.Level {
        guard let level = self.levels[name ?? "info"] else {
            throw CommandFailure("invalid --loglevel \"\(name ?? "")\": one of debug, info, warn, error")
        }
        return level
    }

    /// - Throws: `CommandFailure` for a format that there is not.
    static func format(named name: String?) throws(CommandFailure) -> Format {
        guard let format = Format(rawValue: name ?? "text") else {
            throw CommandFailure("invalid --log-format \"\(name ?? "")\": one of text, json")
        }
        return format
    }
}
