package import JSON

/// A rule that submits a workflow when an event arrives.
package struct WorkflowEventBinding: ModelObject {
    package var kind: String?
    package var apiVersion: String?
    package var metadata = ObjectMeta()
    package var spec = WorkflowEventBindingSpec()
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("kind", \.kind),
        .text("apiVersion", \.apiVersion),
        .object("metadata", \.metadata),
        .object("spec", \.spec),
    ])
}

/// Which events a binding takes, and what it submits then.
package struct WorkflowEventBindingSpec: ModelObject {
    package var event = EventBindingSelector()
    @Boxed package var submit: EventBindingSubmission?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .object("event", \.event),
        .boxed("submit", \._submit),
    ])
}

/// An expression over `payload`, `metadata` and `discriminator` that says whether an event is meant.
package struct EventBindingSelector: ModelObject {
    package var selector = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("selector", \.selector)
    ])
}

/// The workflow template an event submits, with arguments taken from the event.
package struct EventBindingSubmission: ModelObject {
    package var workflowTemplateRef = WorkflowTemplateRef()
    package var metadata = ObjectMeta()
    @Boxed package var arguments: Arguments?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .object("workflowTemplateRef", \.workflowTemplateRef),
        .object("metadata", \.metadata),
        .boxed("arguments", \._arguments),
    ])
}
