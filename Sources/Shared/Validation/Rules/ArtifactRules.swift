import Expressions
import Model

/// Where artifacts lie, in the pod and outside of it.
enum ArtifactRules {
    /// An artifact of a pod needs a path that does not leave the folder it names.
    static func checkPath(_ artifact: Artifact, at place: String) throws(ValidationIssue) {
        guard let path = artifact.path else {
            throw ValidationIssue("error in \(place): Artifact '\(artifact.name)' did not specify a path")
        }
        let safe: String
        if let range = path.firstRange(of: "/../") {
            safe = String(path[..<range.lowerBound])
        } else if path.hasSuffix("/..") {
            safe = String(path.dropLast(3))
        } else {
            return
        }
        let cleaned = cleanPath(path)
        guard safe.isEmpty || (cleaned.hasPrefix("\(safe)/") && cleaned.utf8.count > safe.utf8.count + 1) else {
            throw ValidationIssue(
                "error in \(place): Artifact '\(artifact.name)' attempted to use a path containing '..'. "
                    + "Directory traversal is not permitted")
        }
    }

    static func check(_ location: ArtifactLocation, prefix: String) throws(ValidationIssue) {
        if let git = location.git, git.repo.isEmpty { throw ValidationIssue("\(prefix).git.repo is required") }
        if let hdfs = location.hdfs { try self.check(hdfs, prefix: "\(prefix).hdfs") }
    }

    private static func check(_ hdfs: HDFSArtifact, prefix: String) throws(ValidationIssue) {
        let system = hdfs.configuration
        guard !system.addresses.isEmpty else { throw ValidationIssue("\(prefix).addresses is required") }
        guard !hdfs.path.isEmpty else { throw ValidationIssue("\(prefix).path is required") }
        guard hdfs.path.hasPrefix("/") else {
            throw ValidationIssue("\(prefix).path must be a absolute file path")
        }
        let hasCache = system.krbCCacheSecret != nil
        let hasKeytab = system.krbKeytabSecret != nil
        guard system.hdfsUser != nil || hasCache || hasKeytab else {
            throw ValidationIssue(
                "either \(prefix).hdfsUser, \(prefix).krbCCacheSecret or \(prefix).krbKeytabSecret is required")
        }
        let hasService = system.krbServicePrincipalName != nil && system.krbConfigConfigMap != nil
        if hasKeytab, !hasService || system.krbUsername == nil || system.krbRealm == nil {
            throw ValidationIssue(
                "\(prefix).krbServicePrincipalName, \(prefix).krbConfigConfigMap, \(prefix).krbUsername and "
                    + "\(prefix).krbRealm are required with \(prefix).krbKeytabSecret")
        }
        if hasCache, !hasService {
            throw ValidationIssue(
                "\(prefix).krbServicePrincipalName and \(prefix).krbConfigConfigMap are required with "
                    + "\(prefix).krbCCacheSecret")
        }
    }
}
