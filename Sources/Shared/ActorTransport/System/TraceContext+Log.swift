package import Logging
package import Model

extension TraceContext {
    /// How a line of the log says what trace it belongs to.
    package var logFields: Logger.Metadata {
        ["trace_id": "\(self.traceID)", "span_id": "\(self.spanID)"]
    }
}
