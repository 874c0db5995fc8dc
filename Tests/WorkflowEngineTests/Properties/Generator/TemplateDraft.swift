import JSON
import OrderedCollections

/// What a template takes and gives: its callers know by it what to pass, and what they may read.
struct Interface {
    /// Empty for a template that stands inline.
    var template = ""
    /// Whether it has the input parameter `p`, and whether that has no default.
    var takesText = false
    var needsText = false
    /// The only values that `p` allows; any where there are none.
    var options: [String] = []
    /// Whether it has the input artifact `in`, and whether that must be given.
    var takesArtifact = false
    var needsArtifact = false
    /// Whether it has the output parameter `o`, the artifact `f`, and standard output.
    var givesText = false
    var givesArtifact = false
    var givesResult = false
}

/// A template that has no name yet: it is added to the workflow, or stands inline.
struct TemplateDraft {
    var json: JSONObject = [:]
    var interface = Interface()
}

/// What a step or task may refer to: the inputs of the template around it, and the siblings that ended before it.
struct Reach {
    struct Sibling {
        /// `steps.a` or `tasks.a`.
        let path: String
        let interface: Interface
        let isLoop: Bool
    }

    var inputs = Interface()
    var siblings: [Sibling] = []

    /// The siblings of which one artifact can be read.
    var artifacts: [String] {
        self.siblings.filter { $0.interface.givesArtifact && !$0.isLoop }.map { "\($0.path).outputs.artifacts.f" }
    }
}
