/// One thing that a service can be told: by a flag, by a variable, or in its file.
struct Setting: Sendable {
    /// What a value may be.
    enum Kind: Sendable, Hashable {
        case text
        case file
        case folder
        case port
        case count(ClosedRange<Int>)
        /// As Go writes it: `3s`, `1m30s`.
        case duration
        case choice([String])
        /// Members and where they listen: `NAME=HOST:PORT`, separated by commas.
        case members
        case flag
    }

    /// The key in a file; the flag is `--name`, the variable `APUS_NAME`.
    let name: String
    let kind: Kind
    let roles: Set<ServiceRole>
    /// The value where nobody says otherwise.
    let standard: String?
    let help: String

    var variable: String { "APUS_" + self.name.uppercased().replacing("-", with: "_") }

    /// How a value is called in lists of flags.
    var placeholder: String {
        switch self.kind {
        case .text: "TEXT"
        case .file: "FILE"
        case .folder: "FOLDER"
        case .port: "PORT"
        case .count: "NUMBER"
        case .duration: "TIME"
        case .choice(let words): words.joined(separator: "|")
        case .members: "NAME=HOST:PORT,…"
        case .flag: ""
        }
    }
}

/// A service that has a process of its own.
enum ServiceRole: String, Sendable, CaseIterable {
    case scheduler, runner, gateway
}
