import Glibc
package import Model
import OrderedCollections

/// Where a runner keeps its pods, how it runs them, and what it offers.
package struct RunnerConfiguration: Sendable {
    /// Pods that run at once for each processor of this machine, where nothing else is said.
    package static let podsPerProcessor = 16

    /// Holds `pods/` and `artifacts/`; hidden from sandboxed pods.
    package var dataFolder: String
    /// `nil`: a sandbox where this machine can make one.
    package var isolation: Isolation?
    /// The `apus-supervisor` program.
    package var supervisorPath: String
    /// The machine's name in reports.
    package var hostName: String
    /// Variables of this process that pods inherit, where they are set.
    package var inheritedVariables = ["PATH", "LANG", "LC_ALL", "TZ", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"]
    /// This process's environment.
    package var environment: [String: String]
    /// How many pods run at once.
    package var podLimit: Int
    /// How much its pods may ask for together, in thousandths of a processor; 0: it does not count.
    package var milliCPU = 0
    /// How much its pods may ask for together, in bytes; 0: it does not count.
    package var memory = 0
    /// What node selectors are compared with, besides the labels that tell of the machine.
    package var labels: StringMap = [:]
    /// What it says it runs.
    package var version = ""
    /// Where the kernel shows control groups.
    package var cgroupRoot = CgroupSupport.standardRoot

    package init(
        dataFolder: String, isolation: Isolation?, supervisorPath: String, hostName: String,
        environment: [String: String], podLimit: Int? = nil
    ) {
        self.podLimit = podLimit ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) * Self.podsPerProcessor
        self.dataFolder = dataFolder
        self.isolation = isolation
        self.supervisorPath = supervisorPath
        self.hostName = hostName
        self.environment = environment
    }

    /// The labels that a Kubernetes node has, then those that were given.
    var allLabels: StringMap {
        #if arch(arm64)
            let architecture = "arm64"
        #else
            let architecture = "amd64"
        #endif
        var labels: StringMap = [
            "kubernetes.io/hostname": self.hostName, "kubernetes.io/os": "linux", "kubernetes.io/arch": architecture,
            "beta.kubernetes.io/os": "linux", "beta.kubernetes.io/arch": architecture,
        ]
        for (key, value) in self.labels { labels[key] = value }
        return labels
    }

    /// The newest owners of shards that were heard of.
    var epochsFile: String { "\(self.dataFolder)/epochs.json" }
    package var podsFolder: String { "\(self.dataFolder)/pods" }
    /// Folders of artifacts that are on their way to other runners.
    var packedFolder: String { "\(self.dataFolder)/packed" }
    package var artifactsFolder: String { "\(self.dataFolder)/artifacts" }
}
