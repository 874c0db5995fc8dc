/// Writes what `SettingTable` holds for people: the help of the commands, and `docs/configuration.md`.
enum ConfigurationGuide {
    private static let column = 36

    /// What `apus ROLE --help` prints.
    static func help(_ role: ServiceRole, abstract: String, discussion: String) -> String {
        var lines = [
            "OVERVIEW: \(abstract)", "", discussion, "", "USAGE: apus \(role.rawValue) [--config FILE] [--KEY VALUE …]",
        ]
        lines += [
            "", "OPTIONS:", self.line("--\(RoleSettings.fileFlag) FILE", "YAML file with any of the keys below."),
        ]
        for setting in SettingTable.settings(of: role) {
            let flag = setting.kind == .flag ? "--\(setting.name)" : "--\(setting.name) \(setting.placeholder)"
            let standard = setting.standard.map { " (default: \($0))" } ?? ""
            lines.append(self.line(flag, setting.help + standard))
        }
        return (lines + [self.line("-h, --help", "Show this.")]).joined(separator: "\n")
    }

    private static func line(_ flag: String, _ help: String) -> String {
        let head = "  \(flag)"
        guard head.count < self.column else { return "\(head)\n\(String(repeating: " ", count: self.column))\(help)" }
        return head + String(repeating: " ", count: self.column - head.count) + help
    }

    /// `docs/configuration.md`.
    static var page: String {
        var lines = [
            "# Configuration of the services", "",
            "This page is written from the code (`WRITE_DOCS=1 swift test --filter ConfigurationGuide`), and a "
                + "test fails where",
            "it is out of date.", "",
            "`apus scheduler`, `apus runner` and `apus gateway` read each setting from four places. A flag "
                + "(`--max-pods 8`)",
            "counts before a variable (`APUS_MAX_PODS=8`), that before the file of `--config FILE` or "
                + "`APUS_CONFIG`, and that",
            "before the default. The file is one YAML mapping:", "",
            "```yaml", "name: gateway-0", "port: 2746", "seeds:", "  scheduler-0: 10.0.0.1:7000",
            "  scheduler-1: 10.0.0.2:7000", "member-cert: /etc/apus/gateway-0.crt",
            "member-key: /etc/apus/gateway-0.key",
            "member-ca: /etc/apus/ca.crt", "```", "",
            "Keys of other services are passed over, so that a cluster can share one file; a key that no "
                + "service knows is",
            "refused with its line and the nearest known name. Certificates are read again when their files "
                + "change, and at",
            "once on SIGHUP; so are the limits to the workflows that run at once. The rest is read at the start.",
        ]
        for role in ServiceRole.allCases {
            lines += [
                "", "## apus \(role.rawValue)", "", "| key | variable | value | default | |", "|---|---|---|---|---|",
            ]
            lines += SettingTable.settings(of: role).map { setting in
                let value = setting.kind == .flag ? "true or false" : setting.placeholder.replacing("|", with: " or ")
                let standard = setting.standard.map { "`\($0)`" } ?? ""
                return "| `\(setting.name)` | `\(setting.variable)` | \(value) | \(standard) | \(setting.help) |"
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
