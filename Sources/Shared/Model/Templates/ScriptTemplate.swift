package import JSON

/// A container whose command is given a file with `source` as its last argument.
package struct ScriptTemplate: ModelObject {
    package var container = Container()
    package var source = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .inline(\.container),
        .requiredText("source", \.source),
    ])
}
