package import JSON

/// A template of a stored workflow template.
package struct TemplateRef: ModelObject {
    package var name = ""
    package var template = ""
    package var clusterScope = false
    package var unknown = UnknownMembers()

    package init() {}

    package init(name: String, template: String, clusterScope: Bool = false) {
        self.name = name
        self.template = template
        self.clusterScope = clusterScope
    }

    package static let fields = FieldTable<Self>([
        .defaulted("name", \.name, absent: ""),
        .defaulted("template", \.template, absent: ""),
        .flag("clusterScope", \.clusterScope),
    ])
}

/// A template that runs when an expression over the node or workflow becomes true, or at its exit.
package struct LifecycleHook: ModelObject {
    package var template: String?
    package var arguments = Arguments()
    @Boxed package var templateRef: TemplateRef?
    package var expression: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("template", \.template),
        .object("arguments", \.arguments),
        .boxed("templateRef", \._templateRef),
        .text("expression", \.expression),
    ])
}

/// Which outcomes of a step do not stop what follows.
package struct ContinueOn: ModelObject {
    package var error = false
    package var failed = false
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .flag("error", \.error),
        .flag("failed", \.failed),
    ])
}

/// Numbers to repeat a step over: `count` of them, or from `start` to `end`.
package struct ItemSequence: ModelObject {
    package var count: IntOrString?
    package var start: IntOrString?
    package var end: IntOrString?
    package var format: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .optional("count", \.count),
        .optional("start", \.start),
        .optional("end", \.end),
        .text("format", \.format),
    ])
}
