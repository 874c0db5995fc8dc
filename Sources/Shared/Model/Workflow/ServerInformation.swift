package import JSON

/// A link that the UI shows for a workflow, pod or template.
package struct InfoLink: ModelObject {
    package var name = ""
    package var scope = ""
    package var url = ""
    package var target = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("name", \.name),
        .requiredText("scope", \.scope),
        .requiredText("url", \.url),
        .requiredText("target", \.target),
    ])
}

/// A column that the UI adds to its list of workflows.
package struct InfoColumn: ModelObject {
    package var name = ""
    package var type = ""
    package var key = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("name", \.name),
        .requiredText("type", \.type),
        .requiredText("key", \.key),
    ])
}

/// What `GET /api/v1/version` answers.
package struct ServerVersion: ModelObject {
    package var version = ""
    package var buildDate = ""
    package var gitCommit = ""
    package var gitTag = ""
    package var gitTreeState = ""
    package var goVersion = ""
    package var compiler = ""
    package var platform = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("version", \.version),
        .requiredText("buildDate", \.buildDate),
        .requiredText("gitCommit", \.gitCommit),
        .requiredText("gitTag", \.gitTag),
        .requiredText("gitTreeState", \.gitTreeState),
        .requiredText("goVersion", \.goVersion),
        .requiredText("compiler", \.compiler),
        .requiredText("platform", \.platform),
    ])
}
