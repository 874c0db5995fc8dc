import Model
import OrderedCollections
import TestSupport
import Testing

private let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

@Suite("TraceContext", .timeLimit(.minutes(1)))
struct TraceContextTests {
    @Test("a header is read and written as it is")
    func isRead() throws {
        let trace = try #require(TraceContext(traceparent: header))
        #expect(trace.traceID == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(trace.spanID == "00f067aa0ba902b7")
        #expect(trace.traceparent == header)
    }

    @Test("a header of a later version is read as far as it is known, and written in ours")
    func laterVersion() {
        let later = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-else"
        #expect(TraceContext(traceparent: later)?.traceparent == header)
    }

    @Test(
        "what is no such header begins no trace",
        arguments: [
            "", "-", "---", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", "ff" + header.dropFirst(2),
            header + "-more", "00-" + String(repeating: "0", count: 32) + "-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-" + String(repeating: "0", count: 16) + "-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", header.replacing("a", with: "ä"),
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01", "000" + header.dropFirst(2),
        ])
    func malformed(text: String) {
        #expect(TraceContext(traceparent: text) == nil)
    }

    @Test("a child is another span of the same trace, and a new trace is like no other")
    func children() throws {
        var random = SplitMix64(seed: 7)
        let trace = try #require(TraceContext(traceparent: header))
        let child = trace.child(using: &random)
        #expect(child.traceID == trace.traceID)
        #expect(child.spanID != trace.spanID)
        let new = TraceContext(using: &random)
        #expect(TraceContext(traceparent: new.traceparent) == new)
        #expect(new.traceID != TraceContext(using: &random).traceID)
    }

    @Test("a workflow's trace is its uid, and each attempt at a pod has a span of its own")
    func ofWorkflows() {
        #expect(TraceContext.traceID(uid: "0198a1b2-0000-7000-8000-000000000001") == "0198a1b2000070008000000000000001")
        #expect(TraceContext.traceID(uid: "uid-1") == nil)
        let annotations: StringMap = [
            WorkflowKeys.traceID: "4bf92f3577b34da6a3ce929d0e0e4736",
            WorkflowKeys.spanID: TraceContext.spanID(node: "w-1", attempt: 0),
        ]
        #expect(TraceContext(annotations: annotations)?.traceID == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(TraceContext.spanID(node: "w-1", attempt: 0) == TraceContext.spanID(node: "w-1", attempt: 0))
        #expect(TraceContext.spanID(node: "w-1", attempt: 0) != TraceContext.spanID(node: "w-1", attempt: 1))
        #expect(TraceContext(annotations: [WorkflowKeys.traceID: "x", WorkflowKeys.spanID: "y"]) == nil)
    }
}
