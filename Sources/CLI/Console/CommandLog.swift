/// The commands' own log, on standard error, in the form of Go's `slog`.
struct CommandLog {
    private let isJSON: Bool
    private let console: Console

    init(_ options: GlobalOptions, _ console: Console) {
        self.isJSON = options.logFormat == "json"
        self.console = console
    }

    func write(_ level: String, _ message: String, _ fields: [(name: String, value: String)] = []) {
        let time = LocalTime.universal(self.console.now())
        if self.isJSON {
            let members = [("time", time), ("level", level), ("msg", message)] + fields.map { ($0.name, $0.value) }
            let text = members.map { "\(Documents.quoted($0.0)):\(Documents.quoted($0.1))" }.joined(separator: ",")
            self.console.errorLine("{\(text)}")
        } else {
            let rest = fields.map { " \($0.name)=\(Self.word($0.value))" }.joined()
            self.console.errorLine("time=\(time) level=\(level) msg=\(Self.word(message))\(rest)")
        }
    }

    /// Quoted where it is not one plain word.
    static func word(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 < 0x7F }
        return isPlain ? text : Documents.quoted(text)
    }
}
