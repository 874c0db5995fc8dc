package import JSON
package import OrderedCollections

/// A container as Kubernetes describes it.
package struct Container: ModelObject {
    package var name = ""
    package var image: String?
    package var command: [String] = []
    package var args: [String] = []
    package var workingDir: String?
    package var ports: [JSONValue] = []
    package var envFrom: [EnvFromSource] = []
    package var env: [EnvVar] = []
    package var resources = ResourceRequirements()
    package var resizePolicy: [JSONValue] = []
    package var restartPolicy: String?
    package var restartPolicyRules: [JSONValue] = []
    package var volumeMounts: [VolumeMount] = []
    package var volumeDevices: [JSONValue] = []
    package var livenessProbe: JSONValue?
    package var readinessProbe: JSONValue?
    package var startupProbe: JSONValue?
    package var lifecycle: JSONValue?
    package var terminationMessagePath: String?
    package var terminationMessagePolicy: String?
    package var imagePullPolicy: String?
    package var securityContext: JSONValue?
    package var stdin = false
    package var stdinOnce = false
    package var tty = false
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("name", \.name),
        .text("image", \.image),
        .list("command", \.command),
        .list("args", \.args),
        .text("workingDir", \.workingDir),
        .list("ports", \.ports),
        .list("envFrom", \.envFrom),
        .list("env", \.env),
        .object("resources", \.resources),
        .list("resizePolicy", \.resizePolicy),
        .optional("restartPolicy", \.restartPolicy),
        .list("restartPolicyRules", \.restartPolicyRules),
        .list("volumeMounts", \.volumeMounts),
        .list("volumeDevices", \.volumeDevices),
        .optional("livenessProbe", \.livenessProbe),
        .optional("readinessProbe", \.readinessProbe),
        .optional("startupProbe", \.startupProbe),
        .optional("lifecycle", \.lifecycle),
        .text("terminationMessagePath", \.terminationMessagePath),
        .text("terminationMessagePolicy", \.terminationMessagePolicy),
        .text("imagePullPolicy", \.imagePullPolicy),
        .optional("securityContext", \.securityContext),
        .flag("stdin", \.stdin),
        .flag("stdinOnce", \.stdinOnce),
        .flag("tty", \.tty),
    ])
}

/// An init container or sidecar.
package struct UserContainer: ModelObject {
    package var container = Container()
    /// Whether it sees the main container's volumes, artifacts included.
    package var mirrorVolumeMounts: Bool?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .inline(\.container),
        .optional("mirrorVolumeMounts", \.mirrorVolumeMounts),
    ])
}

/// How much of which resource a container asks for, and how much it may use.
package struct ResourceRequirements: ModelObject {
    package var limits: OrderedDictionary<String, Quantity> = [:]
    package var requests: OrderedDictionary<String, Quantity> = [:]
    package var claims: [JSONValue] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .map("limits", \.limits),
        .map("requests", \.requests),
        .list("claims", \.claims),
    ])
}
