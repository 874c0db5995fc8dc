import CLinux
import Glibc

/// What this machine can do for pods, and why not where it cannot.
package struct MachineCapabilities: Sendable {
    /// Why no sandbox can be had, or `nil` where one can.
    package var sandboxProblem: String?
    package var cgroups = CgroupSupport()
    /// The folder of each program found on `PATH`, by name.
    package var programs: [String: String] = [:]
    package var kernel = ""
    package var isPrivileged = false

    package init() {}

    /// Programs that a backend or an archive format needs.
    package static let soughtPrograms = ["tar", "gzip", "zip", "unzip", "crun", "runc", "git"]

    /// Looks at the machine.
    ///
    /// Makes and removes a sandbox below `scratch`, a folder on the disk that pods will use, unless pods are to have
    /// none: that costs the start of a server a dozen folders and mounts.
    package static func probe(
        supervisorPath: String, scratch: String, environment: [String: String], isolation: Isolation? = nil,
        cgroupRoot: String = CgroupSupport.standardRoot
    ) -> MachineCapabilities {
        var capabilities = MachineCapabilities()
        capabilities.sandboxProblem =
            isolation == .some(.none) ? "not looked for" : Self.probeSandbox(supervisorPath, scratch: scratch)
        capabilities.cgroups = CgroupSupport.probe(root: cgroupRoot)
        capabilities.isPrivileged = geteuid() == 0
        for name in Self.soughtPrograms {
            capabilities.programs[name] = Self.find(name, path: environment["PATH"] ?? "/usr/bin:/bin")
        }
        var names = utsname()
        if uname(&names) == 0 {
            capabilities.kernel = withUnsafeBytes(of: &names.release) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
        return capabilities
    }

    private static func probeSandbox(_ supervisor: String, scratch: String) -> String? {
        let folder = "\(scratch)/.probe.\(getpid())"
        do {
            try HostFiles.makeFolders(folder)
            let result = try HostProgram.run(supervisor, ["probe", folder])
            try HostFiles.remove(folder)
            if result.exitCode == 0 { return nil }
            let said = result.output.isEmpty ? "exit code \(result.exitCode)" : result.output
            return said.split(separator: "\n").first.map(String.init)
        } catch {
            return "\(error)"
        }
    }

    private static func find(_ name: String, path: String) -> String? {
        for folder in path.split(separator: ":") where access("\(folder)/\(name)", X_OK) == 0 {
            return "\(folder)/\(name)"
        }
        return nil
    }
}
