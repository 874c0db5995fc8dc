import Logging
import Model
import OrderedCollections

extension PodLaunch {
    /// Which pod a line of the log is about, and what trace it belongs to.
    var logFields: Logger.Metadata {
        var fields: Logger.Metadata = [
            "namespace": "\(self.namespace)", "workflow": "\(self.workflowName)", "pod": "\(self.podName)",
        ]
        if let trace = TraceContext(annotations: self.annotations) {
            fields["trace_id"] = "\(trace.traceID)"
            fields["span_id"] = "\(trace.spanID)"
        }
        return fields
    }
}
