package import JSON

/// Lists the files of an artifact location and transforms the list.
package struct DataTemplate: ModelObject {
    package var source = DataTemplateSource()
    package var transformation: [DataTransformationStep] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .object("source", \.source),
        .list("transformation", \.transformation, always: .null),
    ])
}

/// Where a data template's list comes from.
package struct DataTemplateSource: ModelObject {
    @Boxed package var artifactPaths: ArtifactPaths?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .boxed("artifactPaths", \._artifactPaths)
    ])
}

/// The artifact location whose keys are listed.
package struct ArtifactPaths: ModelObject {
    package var artifact = Artifact()
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .inline(\.artifact)
    ])
}

/// An expression over `data`, whose value is the next step's `data`.
package struct DataTransformationStep: ModelObject {
    package var expression = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("expression", \.expression)
    ])
}
