import Foundation
import Testing

@testable import apus

@Suite("ServiceMetrics", .timeLimit(.minutes(1)))
struct ServiceMetricsTests {
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../docs/metrics.md").standardized

    @Test("docs/metrics.md says what the services measure")
    func isCurrent() throws {
        let text = ServiceMetrics.page
        if ProcessInfo.processInfo.environment["WRITE_DOCS"] != nil {
            try text.write(to: Self.file, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOf: Self.file, encoding: .utf8)
        #expect(written == text, "run: WRITE_DOCS=1 swift test --filter ServiceMetrics")
    }
}
