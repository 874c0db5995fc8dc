import Model

/// How text may look: with colours or without, with more than ASCII or without.
struct TextStyle: Sendable {
    enum Colour: Int, Sendable {
        case underline = 4
        case red = 31
        case green = 32
        case yellow = 33
        case blue = 34
        case magenta = 35
        case cyan = 36
        case white = 37
        case standard = 39
    }

    var isColoured: Bool
    var isUnicode = true

    init(isColoured: Bool, isUnicode: Bool = true) {
        self.isColoured = isColoured
        self.isUnicode = isUnicode
    }

    func paint(_ text: String, _ colour: Colour) -> String {
        self.isColoured ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// The same colour for the same name each time.
    static func colour(for name: String) -> Colour {
        let colours: [Colour] = [.green, .yellow, .blue, .magenta, .cyan, .white]
        return colours[name.unicodeScalars.reduce(0) { $0 + Int($1.value) } % colours.count]
    }

    func icon(_ phase: NodePhase) -> String {
        switch phase {
        case .pending: self.paint(self.isUnicode ? "◷" : "Pending", .yellow)
        case .running: self.paint(self.isUnicode ? "●" : "Running", .cyan)
        case .succeeded: self.paint(self.isUnicode ? "✔" : "Succeeded", .green)
        case .skipped: self.paint(self.isUnicode ? "○" : "Skipped", .standard)
        case .failed: self.paint(self.isUnicode ? "✖" : "Failed", .red)
        case .error: self.paint(self.isUnicode ? "⚠" : "Error", .red)
        case .omitted: self.paint(self.isUnicode ? "○" : "Omitted", .standard)
        }
    }

    var suspendedIcon: String { self.paint(self.isUnicode ? "ǁ" : "Suspend", .cyan) }

    func icon(condition type: String) -> String {
        switch type {
        case "MetricsError": self.paint(self.isUnicode ? "✖" : "Error", .red)
        case "SpecWarning": self.paint(self.isUnicode ? "⚠" : "Warning", .yellow)
        default: ""
        }
    }
}
