package import JSON
package import OrderedCollections

/// Tasks that run as soon as what they depend on has run.
package struct DAGTemplate: ModelObject {
    package var target: String?
    package var tasks: [DAGTask] = []
    package var failFast: Bool?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("target", \.target),
        .list("tasks", \.tasks, always: .null),
        .optional("failFast", \.failFast),
    ])
}

/// An entry of a DAG template: a step with dependencies.
package struct DAGTask: ModelObject {
    package var name = ""
    package var template: String?
    @Boxed package var inline: Template?
    package var arguments = Arguments()
    @Boxed package var templateRef: TemplateRef?
    package var dependencies: [String] = []
    package var withItems: [JSONValue] = []
    package var withParam: String?
    @Boxed package var withSequence: ItemSequence?
    package var when: String?
    @Boxed package var continueOn: ContinueOn?
    package var onExit: String?
    package var depends: String?
    package var hooks: OrderedDictionary<String, LifecycleHook> = [:]
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("name", \.name),
        .text("template", \.template),
        .boxed("inline", \._inline),
        .object("arguments", \.arguments),
        .boxed("templateRef", \._templateRef),
        .list("dependencies", \.dependencies),
        .list("withItems", \.withItems),
        .text("withParam", \.withParam),
        .boxed("withSequence", \._withSequence),
        .text("when", \.when),
        .boxed("continueOn", \._continueOn),
        .text("onExit", \.onExit),
        .text("depends", \.depends),
        .map("hooks", \.hooks),
    ])
}
