/// Where a runner keeps its pods and how it runs them.
package struct RunnerConfiguration: Sendable {
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

    package init(
        dataFolder: String, isolation: Isolation?, supervisorPath: String, hostName: String,
        environment: [String: String]
    ) {
        self.dataFolder = dataFolder
        self.isolation = isolation
        self.supervisorPath = supervisorPath
        self.hostName = hostName
        self.environment = environment
    }

    package var podsFolder: String { "\(self.dataFolder)/pods" }
    package var artifactsFolder: String { "\(self.dataFolder)/artifacts" }
}
