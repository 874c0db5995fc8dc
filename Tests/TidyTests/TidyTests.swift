import Foundation
import Testing

@Suite("Tidiness")
struct TidyTests {
    @Test("every source file keeps the rules of the house")
    func everyFile() throws {
        let files = try SourceTree.swiftFiles()
        #expect(files.count > 50, "the source tree is missing")
        for file in files {
            for rule in TidyRules.all {
                for problem in rule(file) { Issue.record("\(problem)") }
            }
        }
    }

    @Test("a planted violation of each rule is found")
    func plantedViolations() {
        let long = ["    func long() {"] + Array(repeating: "        work()", count: 70) + ["    }"]
        let planted: [(String, [String])] = [
            ("Sources/Gateway/A.swift", Array(repeating: "", count: 602)),
            ("Sources/Gateway/B.swift", long),
            ("Sources/Scheduler/Engine/C.swift", ["let now = Date()"]),
            ("Sources/Shared/JSON/D.swift", ["func read() async {}"]),
            ("Sources/NodeRunner/PodStateMachine.swift", ["let id = UUID()"]),
            ("Sources/Gateway/E.swift", ["    print(\"here\")"]),
            ("Sources/Gateway/F.swift", ["struct Cell: @unchecked Sendable {}"]),
            ("Sources/Gateway/G.swift", ["Task { work() }"]),
            ("Tests/GatewayTests/H.swift", ["@Suite", "struct H {", "    func waits() async throws {", "    }", "}"]),
            ("Sources/Gateway/I.swift", ["/// " + String(repeating: "x", count: 117)]),
            ("Tests/GatewayTests/J.swift", [#"let a = """"#, #"    """"#, String(repeating: "x", count: 121)]),
        ]
        for (path, lines) in planted {
            let problems = TidyRules.all.flatMap { $0(SourceFile(path: path, lines: lines)) }
            #expect(!problems.isEmpty, "\(path) passes")
        }
    }

    @Test("what a rule allows passes")
    func allowed() {
        let lines = ["// SAFETY: guarded by the lock", "final class Cell: @unchecked Sendable {}"]
        let problems = TidyRules.all.flatMap { $0(SourceFile(path: "Sources/Gateway/A.swift", lines: lines)) }
        #expect(problems == [])
        let recorded = [
            #"let a = """"#, String(repeating: "é", count: 121), #"    """"#, String(repeating: "é", count: 120),
        ]
        #expect(TidyRules.lineLength(SourceFile(path: "Tests/A.swift", lines: recorded)) == [])
    }

    @Test("the README fits on two pages and every command in it is one of the Makefile's or of apus")
    func readme() throws {
        let readme = try SourceTree.file("README.md")
        #expect(readme.lines.count <= 150)
        let makefile = try SourceTree.file("Makefile")
        for line in readme.lines {
            guard let range = line.range(of: #"^\$? ?make [a-z]+"#, options: .regularExpression) else { continue }
            let target = line[range].split(separator: " ").last ?? ""
            #expect(makefile.lines.contains { $0.hasPrefix("\(target):") }, "no make target \(target)")
        }
    }
}
