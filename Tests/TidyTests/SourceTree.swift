import Foundation

/// One source file of the project.
struct SourceFile: Sendable {
    /// The path below the project's root.
    var path: String
    var lines: [String]

    var text: String { self.lines.joined(separator: "\n") }

    var isTest: Bool { self.path.hasPrefix("Tests/") }

    /// Code that must stay free of input, output, time and chance.
    var isPure: Bool {
        let folders = [
            "Sources/Scheduler/Engine/", "Sources/Shared/Model/", "Sources/Shared/Expressions/",
            "Sources/Shared/Validation/", "Sources/Shared/JSON/",
        ]
        return folders.contains { self.path.hasPrefix($0) } || self.path.hasSuffix("StateMachine.swift")
    }
}

enum SourceTree {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Every Swift file below `Sources` and `Tests`.
    static func swiftFiles() throws -> [SourceFile] {
        try ["Sources", "Tests"].flatMap { folder in
            try FileManager.default.subpathsOfDirectory(atPath: self.root.appendingPathComponent(folder).path)
                .filter { $0.hasSuffix(".swift") }
                .sorted()
                .map { try self.file("\(folder)/\($0)") }
        }
    }

    static func file(_ path: String) throws -> SourceFile {
        let text = try String(contentsOf: self.root.appendingPathComponent(path), encoding: .utf8)
        return SourceFile(path: path, lines: text.components(separatedBy: "\n"))
    }
}
