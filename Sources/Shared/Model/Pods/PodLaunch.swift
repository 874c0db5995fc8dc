package import JSON
import OrderedCollections

/// Everything a runner needs to run one pod: nothing in it refers to the workflow's spec.
///
/// All tags are substituted. Paths are as the pod sees them.
package struct PodLaunch: ModelObject {
    package var identity = PodIdentity()
    package var namespace = ""
    package var workflowName = ""
    /// Argo's pod name, version 2: `<workflow>-<template>-<hash>`.
    package var podName = ""
    package var nodeName = ""
    package var templateName = ""
    /// The main container: `name`, `image`, `command`, `args`, `env`, `workingDir`, `resources`, … as in Kubernetes.
    package var container = Container()
    /// A script's source: written to `/argo/staging/script`, whose path is appended to the command.
    package var source: String?
    /// What must stand at `path` before the main container starts.
    ///
    /// Each holds one location: `raw`, or `s3` with a key, which names an object of the artifact repository.
    package var inputArtifacts: [Artifact] = []
    /// What to save once the main container has ended, under `s3.key` in the artifact repository.
    ///
    /// `archive` says how (tar with gzip where it says nothing); an absent file is an error unless `optional`.
    package var outputArtifacts: [Artifact] = []
    package var outputParameters: [ParameterOutput] = []
    /// What the container's `volumeMounts` name.
    package var volumes: [Volume] = []
    /// The pod's `securityContext`; what the container's own says goes before it.
    package var podSecurityContext: JSONValue?
    /// The fields of the workflow's or the template's spec that only a cluster can honour, such as `affinity`.
    package var clusterFields: [String] = []
    /// Whether standard output is to be reported as `outputs.result`: only where something refers to it.
    package var wantsResult = false
    /// Where the main container's log is to be saved in the artifact repository; it is then reported as the output
    /// artifact `main-logs`.
    package var logKey: String?
    /// When the pod must have ended, in whole seconds since 1970; past it the runner stops it with the message
    /// `Pod was active on the node longer than the specified deadline`.
    package var deadline: Timestamp?
    /// Seconds between SIGTERM and SIGKILL.
    package var gracePeriodSeconds = 30
    /// Which launch of the pod this is.
    package var fence: LaunchFence?
    /// The keys of input artifacts and the runner that each lies with; of one that is not here nobody knows.
    package var artifactRunners: StringMap = [:]
    /// Labels that the runner must have.
    package var nodeSelector: StringMap = [:]
    package var labels: StringMap = [:]
    package var annotations: StringMap = [:]
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .defaulted("identity", \.identity, absent: PodIdentity()),
        .defaulted("namespace", \.namespace, absent: ""),
        .defaulted("workflowName", \.workflowName, absent: ""),
        .defaulted("podName", \.podName, absent: ""),
        .defaulted("nodeName", \.nodeName, absent: ""),
        .defaulted("templateName", \.templateName, absent: ""),
        .defaulted("container", \.container, absent: Container()),
        .optional("source", \.source),
        .defaulted("inputArtifacts", \.inputArtifacts, absent: []),
        .defaulted("outputArtifacts", \.outputArtifacts, absent: []),
        .defaulted("outputParameters", \.outputParameters, absent: []),
        .defaulted("volumes", \.volumes, absent: []),
        .optional("podSecurityContext", \.podSecurityContext),
        .defaulted("clusterFields", \.clusterFields, absent: []),
        .defaulted("wantsResult", \.wantsResult, absent: false),
        .optional("logKey", \.logKey),
        .optional("deadline", \.deadline),
        .defaulted("gracePeriodSeconds", \.gracePeriodSeconds, absent: 30),
        .optional("fence", \.fence),
        .defaulted("artifactRunners", \.artifactRunners, absent: [:]),
        .defaulted("nodeSelector", \.nodeSelector, absent: [:]),
        .defaulted("labels", \.labels, absent: [:]),
        .defaulted("annotations", \.annotations, absent: [:]),
    ])
}

/// An output parameter whose value is a file's content, one trailing newline removed.
package struct ParameterOutput: ModelObject {
    package var name = ""
    package var path = ""
    /// The value where the file does not exist; without one its absence is an error.
    package var defaultValue: String?
    package var unknown = UnknownMembers()

    package init() {}
    package init(name: String, path: String, defaultValue: String?) {
        self.name = name
        self.path = path
        self.defaultValue = defaultValue
    }

    package static let fields = FieldTable<Self>([
        .defaulted("name", \.name, absent: ""),
        .defaulted("path", \.path, absent: ""),
        .optional("default", \.defaultValue),
    ])
}
