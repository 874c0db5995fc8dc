/// Values that stand for what only a run will know.
struct Placeholders {
    static let prefix = "__argo__internal__placeholder-"
    private var count = 0

    mutating func next() -> String {
        defer { self.count += 1 }
        return "\(Self.prefix)\(self.count)"
    }

    static func isPlaceholder(_ text: String) -> Bool { text.hasPrefix(Self.prefix) }

    /// The text with every placeholder in it replaced by one letter, so that the rest can be checked.
    static func neutralised(_ text: String) -> String {
        var result = Substring(text)
        var output = ""
        while let range = result.firstRange(of: Self.prefix) {
            output += result[..<range.lowerBound]
            output += "x"
            result = result[range.upperBound...].drop { $0.isASCII && $0.isNumber }
        }
        return output + result
    }
}
