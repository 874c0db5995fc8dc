import ActorTransport
import Logging
import Model
import OrderedCollections

extension PodLaunch {
    /// Which pod a line of the log is about, and what trace it belongs to.
    var logFields: Logger.Metadata {
        let fields: Logger.Metadata = [
            "namespace": "\(self.namespace)", "workflow": "\(self.workflowName)", "pod": "\(self.podName)",
        ]
        return fields.merging(TraceContext(annotations: self.annotations)?.logFields ?? [:]) { own, _ in own }
    }
}
