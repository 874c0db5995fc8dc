package import JSON

/// A named volume.
///
/// Its source is kept as it was written; `source` says which it is.
package struct Volume: ModelObject {
    package var name = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("name", \.name),
        .raw("hostPath"),
        .raw("emptyDir"),
        .raw("gcePersistentDisk"),
        .raw("awsElasticBlockStore"),
        .raw("gitRepo"),
        .raw("secret"),
        .raw("nfs"),
        .raw("iscsi"),
        .raw("glusterfs"),
        .raw("persistentVolumeClaim"),
        .raw("rbd"),
        .raw("flexVolume"),
        .raw("cinder"),
        .raw("cephfs"),
        .raw("flocker"),
        .raw("downwardAPI"),
        .raw("fc"),
        .raw("azureFile"),
        .raw("configMap"),
        .raw("vsphereVolume"),
        .raw("quobyte"),
        .raw("azureDisk"),
        .raw("photonPersistentDisk"),
        .raw("projected"),
        .raw("portworxVolume"),
        .raw("scaleIO"),
        .raw("storageos"),
        .raw("csi"),
        .raw("ephemeral"),
        .raw("image"),
    ])

    /// What the volume holds: the source's name, such as `emptyDir`, and what is said about it.
    package var source: (name: String, configuration: JSONValue)? {
        for name in Self.fields.names {
            if let configuration = self.unknown[name] { return (name, configuration) }
        }
        return nil
    }
}

/// Where in a container a volume appears.
package struct VolumeMount: ModelObject {
    package var name = ""
    package var readOnly = false
    package var recursiveReadOnly: String?
    package var mountPath = ""
    package var subPath: String?
    package var mountPropagation: String?
    package var subPathExpr: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("name", \.name),
        .flag("readOnly", \.readOnly),
        .optional("recursiveReadOnly", \.recursiveReadOnly),
        .requiredText("mountPath", \.mountPath),
        .text("subPath", \.subPath),
        .optional("mountPropagation", \.mountPropagation),
        .text("subPathExpr", \.subPathExpr),
    ])
}
