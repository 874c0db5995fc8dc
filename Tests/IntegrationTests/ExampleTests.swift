import Foundation
import IntegrationSupport
import Testing

@Suite("Examples", .timeLimit(.minutes(10)))
struct ExampleTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("examples")

    static var workflows: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: self.folder.path).sorted().filter { name in
                let text = try String(contentsOf: self.folder.appendingPathComponent(name), encoding: .utf8)
                return name.hasSuffix(".yaml") && text.contains("\nkind: Workflow\n")
            }
        }
    }

    @Test("every example runs to success without a server")
    func everyExampleRuns() throws {
        let names = try Self.workflows
        #expect(names.count >= 25, "the examples are missing")
        let apus = try ApusBinary.url
        for name in names {
            let result = try run(apus, ["run", Self.folder.appendingPathComponent(name).path])
            #expect(result.exitCode == 0, "\(name): \(result.output)\(result.errors)")
        }
    }

    @Test("every example passes the offline lint")
    func everyExampleLints() throws {
        let result = try run(try ApusBinary.url, ["lint", "--offline", Self.folder.path])
        #expect(result.exitCode == 0, "\(result.output)\(result.errors)")
    }

    @Test("a failing workflow makes a failing command")
    func failingExitCode() throws {
        let workflow = """
            apiVersion: argoproj.io/v1alpha1
            kind: Workflow
            metadata: {generateName: fails-}
            spec:
              entrypoint: main
              templates: [{name: main, container: {image: none, command: [sh, -c, exit 3]}}]
            """
        let result = try run(try ApusBinary.url, ["run", "-"], input: workflow)
        #expect(result.exitCode == 1, "\(result.output)\(result.errors)")
        #expect(result.output.contains("main: Error (exit code 3)"), "\(result.output)")
    }
}
