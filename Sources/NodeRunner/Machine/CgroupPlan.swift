import Glibc
package import Model
package import OrderedCollections

/// The control groups of one pod: what to make, and what to write into it.
package struct CgroupPlan: Hashable, Sendable {
    /// Folders to make, that the pod's processes join, and that go with the pod.
    package var folders: [String] = []
    package var settings: [Setting] = []
    /// Where the kernel counts the processes that it killed for want of memory.
    package var memoryEventsFile: String?

    package struct Setting: Hashable, Sendable {
        package var file: String
        package var value: String
    }

    package init() {}

    /// The plan that holds a container to its limits.
    ///
    /// - Parameters:
    ///   - limits: the container's limits, by resource.
    ///   - name: a plain name, unique among the machine's pods.
    ///   - machine: what the machine can hold pods to.
    /// - Returns: the plan, and the limits that cannot be held to.
    package static func make(
        _ limits: OrderedDictionary<String, Quantity>, name: String, on machine: CgroupSupport
    ) -> (plan: CgroupPlan, unmet: [String]) {
        var plan = CgroupPlan()
        var unmet: [String] = []
        for (resource, quantity) in limits {
            guard let amount = quantity.value, amount > 0 else {
                unmet.append("\(resource) \"\(quantity.text)\" (no positive quantity)")
                continue
            }
            switch resource {
            case "memory" where machine.memoryFolder != nil:
                plan.limitMemory(bytes: Int(clamped: amount), name: name, on: machine)
            case "cpu" where machine.cpuFolder != nil:
                plan.limitCPU(cores: amount, name: name, on: machine)
            default:
                unmet.append("\(resource) \"\(quantity.text)\"")
            }
        }
        return (plan, unmet)
    }

    /// The name of a pod's groups: the pod's, as much as fits, and a hash of where it lies on this machine.
    ///
    /// Runners share the machine's groups, and a pod may come to one runner after another of the same machine.
    package static func name(ofPodIn folder: PodFolder) -> String {
        let hash = StableHash.of(folder.path)
        let pod = folder.id.split(separator: "/").last ?? ""
        return "\(String(decoding: pod.utf8.prefix(Self.shownNameLength), as: UTF8.self))-\(String(hash, radix: 16))"
    }

    /// How much of a pod's name shows in that of its groups, which may have 255 bytes as any file's.
    private static let shownNameLength = 200

    private mutating func limitMemory(bytes: Int, name: String, on machine: CgroupSupport) {
        guard let parent = machine.memoryFolder else { return }
        let folder = self.join(parent, name)
        if machine.version == 2 {
            self.settings.append(Setting(file: "\(folder)/memory.max", value: "\(bytes)"))
            if machine.limitsSwap { self.settings.append(Setting(file: "\(folder)/memory.swap.max", value: "0")) }
            self.memoryEventsFile = "\(folder)/memory.events"
        } else {
            self.settings.append(Setting(file: "\(folder)/memory.limit_in_bytes", value: "\(bytes)"))
            // Memory and swap together: what is beyond the limit is not to be swapped out.
            if machine.limitsSwap {
                self.settings.append(Setting(file: "\(folder)/memory.memsw.limit_in_bytes", value: "\(bytes)"))
            }
            self.memoryEventsFile = "\(folder)/memory.oom_control"
        }
    }

    private mutating func limitCPU(cores: Double, name: String, on machine: CgroupSupport) {
        guard let parent = machine.cpuFolder else { return }
        let folder = self.join(parent, name)
        let quota = min(
            max(quotaBounds.lowerBound, Int(clamped: cores * Double(cpuPeriodMicroseconds))), quotaBounds.upperBound)
        if machine.version == 2 {
            self.settings.append(Setting(file: "\(folder)/cpu.max", value: "\(quota) \(cpuPeriodMicroseconds)"))
        } else {
            self.settings.append(Setting(file: "\(folder)/cpu.cfs_period_us", value: "\(cpuPeriodMicroseconds)"))
            self.settings.append(Setting(file: "\(folder)/cpu.cfs_quota_us", value: "\(quota)"))
        }
    }

    private mutating func join(_ parent: String, _ name: String) -> String {
        let folder = "\(parent)/\(name)"
        if !self.folders.contains(folder) { self.folders.append(folder) }
        return folder
    }
}

private let cpuPeriodMicroseconds = 100_000
/// What the kernel takes as a quota, in microseconds: no less than a millisecond, and fewer than 2^44.
private let quotaBounds = 1_000...1_000_000_000_000

/// Which limits this machine can hold pods to.
package struct CgroupSupport: Hashable, Sendable {
    /// 1, 2, or 0 where there are none.
    package var version = 0
    /// The folder below which a pod's group for memory can be made, or `nil`.
    package var memoryFolder: String?
    package var cpuFolder: String?
    /// Whether the kernel counts swapped memory, which it does where it was started so.
    package var limitsSwap = false
    /// Why limits cannot be held to, where they cannot.
    package var reason: String?

    /// Where the kernel shows control groups.
    package static let standardRoot = "/sys/fs/cgroup"

    package init() {}

    /// Looks at the machine, and makes the group `apus` that pods' groups lie in.
    package static func probe(root: String) -> CgroupSupport {
        var support = CgroupSupport()
        if HostFiles.kind(of: "\(root)/cgroup.controllers") != nil {
            support.version = 2
            support.probeUnified(root)
        } else if HostFiles.kind(of: "\(root)/memory") != nil || HostFiles.kind(of: "\(root)/cpu") != nil {
            support.version = 1
            support.memoryFolder = Self.usable("\(root)/memory/apus")
            support.cpuFolder = Self.usable("\(root)/cpu/apus")
            support.limitsSwap = HostFiles.kind(of: "\(root)/memory/apus/memory.memsw.limit_in_bytes") != nil
        } else {
            support.reason = "\(root) holds no control groups"
        }
        if support.memoryFolder == nil && support.cpuFolder == nil && support.reason == nil {
            support.reason = "\(root) is not writable for this user"
        }
        return support
    }

    private mutating func probeUnified(_ root: String) {
        guard let folder = Self.usable("\(root)/apus") else { return }
        for control in ["\(root)/cgroup.subtree_control", "\(folder)/cgroup.subtree_control"] {
            guard (try? HostFiles.write(Array("+cpu +memory".utf8), to: control)) != nil else {
                self.reason = "\(control) cannot be written"
                return
            }
        }
        self.memoryFolder = folder
        self.cpuFolder = folder
        self.limitsSwap = HostFiles.kind(of: "\(folder)/memory.swap.max") != nil
    }

    private static func usable(_ folder: String) -> String? {
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST, access(folder, W_OK) == 0 else { return nil }
        return folder
    }
}
