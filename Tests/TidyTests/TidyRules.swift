import Foundation

/// The project's rules of the house, each a function from a file to what breaks it.
enum TidyRules {
    static let fileLinesMax = 600
    static let testFileLinesMax = 1_000
    static let functionLinesMax = 70
    static let lineCharactersMax = 120

    static let all: [@Sendable (SourceFile) -> [String]] = [
        Self.fileLength, Self.functionLength, Self.lineLength, Self.purity, Self.leftovers, Self.unsafety,
        Self.timeLimits,
    ]

    @Sendable static func fileLength(_ file: SourceFile) -> [String] {
        let most = file.isTest ? self.testFileLinesMax : self.fileLinesMax
        let count = file.lines.count - 1
        return count > most ? ["\(file.path): \(count) lines, at most \(most)"] : []
    }

    /// A test that waits for what never comes fails by itself, and says its name.
    @Sendable static func timeLimits(_ file: SourceFile) -> [String] {
        guard file.isTest, file.lines.contains(where: { $0.hasPrefix("@Suite") }) else { return [] }
        let waits = file.lines.contains {
            $0.range(of: #"^    func \w+\(.*\) async"#, options: .regularExpression) != nil
        }
        guard waits, !file.lines.contains(where: { $0.contains(".timeLimit(") }) else { return [] }
        return ["\(file.path): a suite that waits without a .timeLimit"]
    }

    /// A function begins at a line that declares one and ends at the closing brace of the same indentation.
    @Sendable static func functionLength(_ file: SourceFile) -> [String] {
        guard !file.isTest else { return [] }
        var found: [String] = []
        for (index, line) in file.lines.enumerated() where Self.declaresFunction(line) {
            let indentation = line.prefix(while: { $0 == " " })
            let body = file.lines[(index + 1)...]
            guard let end = body.firstIndex(where: { $0 == indentation + "}" }) else { continue }
            let next = body.firstIndex(where: {
                Self.declaresFunction($0) && $0.prefix(while: { $0 == " " }) == indentation
            })
            let length = end - index + 1
            if length > self.functionLinesMax, next.map({ $0 > end }) ?? true {
                found.append(
                    "\(file.path):\(index + 1): a function of \(length) lines, at most \(self.functionLinesMax)")
            }
        }
        return found
    }

    /// Neither comments nor literals are too long; what a test's literals of several lines hold was recorded as it is.
    @Sendable static func lineLength(_ file: SourceFile) -> [String] {
        // Bytes are counted first: few lines have so many.
        guard file.lines.contains(where: { $0.utf8.count > self.lineCharactersMax }) else { return [] }
        var found: [String] = []
        var isInLiteral = false
        for (index, line) in file.lines.enumerated() {
            if line.count > self.lineCharactersMax, !(file.isTest && isInLiteral) {
                found.append(
                    "\(file.path):\(index + 1): a line of \(line.count) characters, at most \(self.lineCharactersMax)")
            }
            if line.components(separatedBy: #"""""#).count.isMultiple(of: 2) { isInLiteral.toggle() }
        }
        return found
    }

    private static func declaresFunction(_ line: String) -> Bool {
        guard line.contains("func ") || line.contains("init") else { return false }
        return line.range(of: #"^\s*([a-z@()]+ )*(func [^ ]|init[?(<])"#, options: .regularExpression) != nil
    }

    private static let impure = [
        #"\bDate\(\)"#, #"ContinuousClock\("#, #"SuspendingClock\("#, #"\bUUID\(\)"#, #"\.random\((?!.*using:)"#,
        #"\basync\b"#, #"\bTask\s*\{"#, #"^import NIO"#, #"^(package )?import Foundation"#, #"^import Dispatch"#,
        #"\.now\(\)"#,
    ]

    @Sendable static func purity(_ file: SourceFile) -> [String] {
        guard file.isPure else { return [] }
        return Self.matches(of: self.impure, in: file, rule: "is not for pure code")
    }

    private static let left = [#"\bFIXME\b"#, #"\bXXX\b"#, #"\bTODO\b"#, #"^\s*print\("#, #"fatalError\("#]

    @Sendable static func leftovers(_ file: SourceFile) -> [String] {
        guard !file.isTest, !file.path.hasPrefix("Sources/CLI/") else { return [] }
        return Self.matches(of: self.left, in: file, rule: "was left behind")
    }

    private static let unsafe = [
        #"@unchecked Sendable"#, #"nonisolated\(unsafe\)"#, #"\btry!"#, #"\bas!"#, #"\bTask\s*\{"#, #"Task\.detached"#,
        #"assumeIsolated"#,
    ]

    /// What the compiler cannot check needs a `SAFETY:` line within the three lines above it.
    @Sendable static func unsafety(_ file: SourceFile) -> [String] {
        guard !file.isTest else { return [] }
        return Self.matches(of: self.unsafe, in: file, rule: "needs a SAFETY line") { index in
            file.lines[max(0, index - 3)...index].contains { $0.contains("SAFETY:") }
        }
    }

    private static func matches(
        of patterns: [String], in file: SourceFile, rule: String, unless isAllowed: (Int) -> Bool = { _ in false }
    ) -> [String] {
        // Most files match nothing: one search of the whole text says so.
        let any = "(?m)" + patterns.map { "(?:\($0))" }.joined(separator: "|")
        guard file.text.range(of: any, options: .regularExpression) != nil else { return [] }
        return file.lines.enumerated().flatMap { index, line -> [String] in
            guard !line.drop(while: { $0 == " " }).hasPrefix("//") else { return [] }
            return patterns.compactMap { pattern in
                guard let range = line.range(of: pattern, options: .regularExpression), !isAllowed(index) else {
                    return nil
                }
                return "\(file.path):\(index + 1): '\(line[range])' \(rule)"
            }
        }
    }
}
