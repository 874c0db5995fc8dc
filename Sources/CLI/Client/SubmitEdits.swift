import JSON
import Model

/// Applies a submitter's options to a workflow's document before it is sent.
enum SubmitEdits {
    /// - Throws: `CommandFailure` for labels or parameters that are not `NAME=VALUE`.
    static func apply(_ options: SubmitOptions, to document: JSONValue) throws(CommandFailure) -> JSONValue {
        do {
            var workflow = try Workflow(json: document, at: DecodingPlace())
            try workflow.apply(options)
            return workflow.json(.compact)
        } catch {
            throw CommandFailure("\(error)")
        }
    }
}
