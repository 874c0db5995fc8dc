package import JSON

/// An environment variable, with its value or the place it comes from.
package struct EnvVar: ModelObject {
    package var name = ""
    package var value: String?
    @Boxed package var valueFrom: EnvVarSource?
    package var unknown = UnknownMembers()

    package init() {}

    package init(name: String, value: String? = nil) {
        self.name = name
        self.value = value
    }

    package static let fields = FieldTable<Self>([
        .requiredText("name", \.name),
        .text("value", \.value),
        .boxed("valueFrom", \._valueFrom),
    ])
}

/// Where an environment variable's value comes from.
package struct EnvVarSource: ModelObject {
    @Boxed package var fieldRef: ObjectFieldSelector?
    @Boxed package var resourceFieldRef: ResourceFieldSelector?
    @Boxed package var configMapKeyRef: KeySelector?
    @Boxed package var secretKeyRef: KeySelector?
    package var fileKeyRef: JSONValue?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .boxed("fieldRef", \._fieldRef),
        .boxed("resourceFieldRef", \._resourceFieldRef),
        .boxed("configMapKeyRef", \._configMapKeyRef),
        .boxed("secretKeyRef", \._secretKeyRef),
        .optional("fileKeyRef", \.fileKeyRef),
    ])
}

/// A field of the pod itself.
package struct ObjectFieldSelector: ModelObject {
    package var apiVersion: String?
    package var fieldPath = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("apiVersion", \.apiVersion),
        .requiredText("fieldPath", \.fieldPath),
    ])
}

/// A resource limit or request of a container.
package struct ResourceFieldSelector: ModelObject {
    package var containerName: String?
    package var resource = ""
    package var divisor: Quantity?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("containerName", \.containerName),
        .requiredText("resource", \.resource),
        .optional("divisor", \.divisor),
    ])
}

/// A config map or secret whose every key becomes an environment variable.
package struct EnvFromSource: ModelObject {
    package var prefix: String?
    @Boxed package var configMapRef: EnvFromObject?
    @Boxed package var secretRef: EnvFromObject?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("prefix", \.prefix),
        .boxed("configMapRef", \._configMapRef),
        .boxed("secretRef", \._secretRef),
    ])
}

/// The config map or secret that variables are taken from.
package struct EnvFromObject: ModelObject {
    package var name: String?
    package var optional: Bool?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("name", \.name),
        .optional("optional", \.optional),
    ])
}
