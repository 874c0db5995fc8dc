import ActorTransport
import Glibc
import JSON
import Model

/// What one service was told, and where: a flag counts before a variable, that before the file, and that before the
/// standard value.
struct RoleSettings: Sendable {
    /// A value, and what to call it in messages.
    struct Value: Sendable, Hashable {
        var text: String
        /// `--port`, `APUS_PORT` or `gateway.yaml:3: port`.
        var origin: String
    }

    let role: ServiceRole
    private let arguments: [String]
    private var values: [String: Value] = [:]
    /// Whether help was asked for: nothing else counts then.
    private(set) var wantsHelp = false

    /// - Throws: `CommandFailure` for a key, flag or value that cannot be.
    init(_ role: ServiceRole, arguments: [String], console: Console) throws(CommandFailure) {
        self.role = role
        self.arguments = arguments
        let settings = SettingTable.settings(of: role)
        var flags: [String: Value] = [:]
        var path = console.variable("APUS_CONFIG")
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument != "--help", argument != "-h" else {
                self.wantsHelp = true
                return
            }
            let (name, value) = try Self.flag(argument, &rest, settings)
            if name == Self.fileFlag { path = value } else { flags[name] = Value(text: value, origin: "--\(name)") }
        }
        if let path { self.values = try SettingsFile.read(path, role) }
        for setting in settings {
            if let text = console.variable(setting.variable) {
                self.values[setting.name] = Value(text: text, origin: setting.variable)
            }
        }
        self.values.merge(flags) { _, flag in flag }
        for setting in settings {
            if let value = self.values[setting.name] { try Self.check(value, setting.kind) }
        }
    }

    /// The same flags and variables, and what the file says now.
    func readAgain(_ console: Console) throws(CommandFailure) -> RoleSettings {
        try RoleSettings(self.role, arguments: self.arguments, console: console)
    }

    static let fileFlag = "config"

    private static func flag(
        _ argument: String, _ rest: inout ArraySlice<String>, _ settings: [Setting]
    ) throws(CommandFailure) -> (String, String) {
        guard argument.hasPrefix("--"), argument.count > 2 else {
            throw CommandFailure("unexpected argument \"\(argument)\": flags are --NAME VALUE")
        }
        let words = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(words[0])
        let kind: Setting.Kind? =
            name == self.fileFlag ? .file : settings.first { $0.name == name }?.kind
        guard let kind else {
            throw CommandFailure("unknown flag: --\(name)\(self.hint(name, settings.map(\.name) + [self.fileFlag]))")
        }
        if words.count == 2 { return (name, String(words[1])) }
        if kind == .flag { return (name, "true") }
        guard let value = rest.popFirst() else { throw CommandFailure("flag needs an argument: --\(name)") }
        return (name, value)
    }

    /// What was probably meant by a name that is unknown.
    static func hint(_ name: String, _ names: [String]) -> String {
        nearestName(to: name, in: names).map { ": did you mean \"\($0)\"?" } ?? ""
    }

    // MARK: Values

    private static func check(_ value: Value, _ kind: Setting.Kind) throws(CommandFailure) {
        func wrong(_ remedy: String) -> CommandFailure {
            CommandFailure("invalid \(value.origin) \"\(value.text)\": \(remedy)")
        }
        switch kind {
        case .text, .file, .folder:
            if value.text.isEmpty { throw CommandFailure("invalid \(value.origin): it is empty") }
        case .port:
            if UInt16(value.text) == nil { throw wrong("from 0 to 65535") }
        case .count(let range):
            guard let count = Int(value.text), range.contains(count) else {
                throw wrong("from \(range.lowerBound) to \(range.upperBound)")
            }
        case .duration:
            guard let span = GoDuration(value.text), span >= GoDuration(seconds: 0), span <= Self.longestTime else {
                throw wrong("a time such as 3s or 1m30s, up to 24h")
            }
        case .choice(let words):
            if !words.contains(value.text) { throw wrong("one of \(words.joined(separator: ", "))") }
        case .members:
            for word in value.text.split(separator: ",") where Self.member(word) == nil {
                throw wrong("as NAME=HOST:PORT, separated by commas; \"\(word)\" is not")
            }
        case .flag:
            if value.text != "true", value.text != "false" { throw wrong("true or false") }
        }
    }

    private static let longestTime = GoDuration(seconds: 86_400)

    private static func member(_ word: Substring) -> (name: String, address: MemberAddress)? {
        let parts = word.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, let address = MemberAddress(String(parts[1])) else { return nil }
        return (String(parts[0]), address)
    }

    /// The value of a setting; `nil` where nobody gave one and there is no standard one.
    func text(_ name: String) -> String? {
        self.values[name]?.text ?? SettingTable.all.first { $0.name == name }?.standard
    }

    /// - Throws: `CommandFailure` where nobody gave one.
    func required(_ name: String) throws(CommandFailure) -> String {
        guard let text = self.text(name) else {
            throw CommandFailure(
                "\(name) is missing: give it with --\(name), \(self.variable(name)) or in the file of --config")
        }
        return text
    }

    private func variable(_ name: String) -> String {
        SettingTable.all.first { $0.name == name }?.variable ?? ""
    }

    func number(_ name: String) -> Int? { self.text(name).flatMap { Int($0) } }

    func isSet(_ name: String) -> Bool { self.text(name) == "true" }

    func duration(_ name: String) -> Duration? {
        self.text(name).flatMap { GoDuration($0) }?.duration
    }

    /// The members that a setting names, in their order.
    func members(_ name: String) throws(CommandFailure) -> [(name: String, address: MemberAddress)] {
        let members = try self.required(name).split(separator: ",").compactMap { Self.member($0) }
        guard !members.isEmpty else { throw CommandFailure("\(name) names nobody: as NAME=HOST:PORT") }
        return members
    }
}
