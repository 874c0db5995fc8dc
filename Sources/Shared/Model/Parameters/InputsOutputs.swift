package import JSON

/// What a template is given.
package struct Inputs: ModelObject {
    package var parameters: [Parameter] = []
    package var artifacts: [Artifact] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .list("parameters", \.parameters),
        .list("artifacts", \.artifacts),
    ])
}

/// What a node has made: parameters, artifacts, the standard output and the exit code.
package struct Outputs: ModelObject {
    package var parameters: [Parameter] = []
    package var artifacts: [Artifact] = []
    package var result: String?
    package var exitCode: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .list("parameters", \.parameters),
        .list("artifacts", \.artifacts),
        .optional("result", \.result),
        .optional("exitCode", \.exitCode),
    ])
}
