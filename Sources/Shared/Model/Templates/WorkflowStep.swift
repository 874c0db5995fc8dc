package import JSON
package import OrderedCollections

/// An entry of a steps template: which template runs, with which arguments, when and how often.
package struct WorkflowStep: ModelObject {
    package var name = ""
    package var template: String?
    @Boxed package var inline: Template?
    package var arguments = Arguments()
    @Boxed package var templateRef: TemplateRef?
    package var withItems: [JSONValue] = []
    package var withParam: String?
    @Boxed package var withSequence: ItemSequence?
    package var when: String?
    @Boxed package var continueOn: ContinueOn?
    package var onExit: String?
    package var hooks: OrderedDictionary<String, LifecycleHook> = [:]
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .defaulted("name", \.name, absent: ""),
        .text("template", \.template),
        .boxed("inline", \._inline),
        .object("arguments", \.arguments),
        .boxed("templateRef", \._templateRef),
        .list("withItems", \.withItems),
        .text("withParam", \.withParam),
        .boxed("withSequence", \._withSequence),
        .text("when", \.when),
        .boxed("continueOn", \._continueOn),
        .text("onExit", \.onExit),
        .map("hooks", \.hooks),
    ])
}
