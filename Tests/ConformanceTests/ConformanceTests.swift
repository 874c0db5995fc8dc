import Foundation
import IntegrationSupport
import TestSupport
import Testing

@Suite("Conformance", .timeLimit(.minutes(30)))
struct ConformanceTests {
    /// How many cases run at once: the server has more to do than we have.
    static let casesAtOnce = 8

    @Test("every case of a supported feature ends as a real Argo ends it")
    func everyCase() async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let server = try ApusServer(
            folder: folder.url, isolation: ProcessInfo.processInfo.environment["APUS_ISOLATION"] ?? "sandbox")
        defer { server.stop() }
        let client = RESTClient(server.baseURL)
        let apus = try ApusBinary.url
        let only = ProcessInfo.processInfo.environment["CASE"]
        let cases = try ConformanceCase.all(fixture: "http://127.0.0.1:1").filter {
            only == nil || $0.name.contains(only ?? "")
        }
        let supported = cases.filter { !$0.isUnsupported }
        #expect(supported.count >= (only == nil ? 100 : 1), "the cases are missing")

        var results: [(String, [String])] = []
        await withTaskGroup(of: (String, [String]).self) { group in
            var waiting = supported[...]
            func startNext() {
                guard let test = waiting.popFirst() else { return }
                group.addTask {
                    do {
                        return (test.name, try await ConformanceRun(client: client, apus: apus, test: test).play())
                    } catch {
                        return (test.name, ["\(error)"])
                    }
                }
            }
            for _ in 0..<Self.casesAtOnce { startNext() }
            for await result in group {
                results.append(result)
                startNext()
            }
        }
        let failed = results.filter { !$0.1.isEmpty }.sorted { $0.0 < $1.0 }
        for (name, differences) in results.sorted(by: { $0.0 < $1.0 }) where differences.isEmpty {
            print("passed \(name)")
        }
        for test in cases where test.isUnsupported { print("unsupported \(test.name)") }
        for (name, differences) in failed { print("failed \(name): \(differences.joined(separator: "; "))") }
        print(
            "\(results.count - failed.count) passed, \(failed.count) failed, \(cases.count - supported.count) "
                + "unsupported"
        )
        #expect(failed.map(\.0) == [])
    }
}
