package import JSON
package import OrderedCollections

/// Labels and annotations that the pods of a template are given.
package struct Metadata: ModelObject {
    package var annotations: StringMap = [:]
    package var labels: StringMap = [:]
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .map("annotations", \.annotations),
        .map("labels", \.labels),
    ])
}

/// Labels and annotations that a workflow gives itself when it starts, `labelsFrom` by expression.
package struct WorkflowMetadata: ModelObject {
    package var labels: StringMap = [:]
    package var annotations: StringMap = [:]
    package var labelsFrom: OrderedDictionary<String, LabelValueFrom> = [:]
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .map("labels", \.labels),
        .map("annotations", \.annotations),
        .map("labelsFrom", \.labelsFrom),
    ])
}

/// An expression whose value becomes a label.
package struct LabelValueFrom: ModelObject {
    package var expression = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("expression", \.expression)
    ])
}
