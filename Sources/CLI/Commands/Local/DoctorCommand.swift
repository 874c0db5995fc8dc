import ArgumentParser
import Glibc
import JSON
import NodeRunner
import OrderedCollections

/// `doctor`: what this machine can do, and what is missing.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "say what this machine can do for workflows, and what it lacks")

    @Option(name: .long, parsing: .unconditional, help: "The data folder to look at.")
    var dataDir: String?

    @OptionGroup var output: OutputOptions<ReportOutput>

    /// One thing that was looked at.
    private struct Finding {
        enum Verdict: String {
            case good = "ok"
            /// It can be done without.
            case missing = "missing"
            case bad = "problem"
        }

        var subject: String
        var verdict: Verdict
        var detail: String
    }

    func run() async throws {
        let console = Console.current
        let findings = self.findings(console)
        let document = JSONValue.array(
            findings.map {
                ["subject": .string($0.subject), "verdict": .string($0.verdict.rawValue), "detail": .string($0.detail)]
            })
        switch self.output.output {
        case .json: console.line(DocumentText.json(document))
        case .yaml: console.write(DocumentText.yaml(document))
        case .name, .wide, .short, nil: console.write(self.table(findings, style: console.style()))
        }
        if findings.contains(where: { $0.verdict == .bad }) { throw CommandFailure.silent() }
    }

    private func table(_ findings: [Finding], style: TextStyle) -> String {
        var table = TabWriter(padding: 2)
        for finding in findings {
            let mark =
                switch finding.verdict {
                case .good: style.paint("✔", .green)
                case .missing: style.paint("○", .standard)
                case .bad: style.paint("✖", .red)
                }
            table.add(["\(mark) \(finding.subject)", finding.detail])
        }
        return table.text
    }

    private func findings(_ console: Console) -> [Finding] {
        var findings: [Finding] = []
        var folder = "/tmp"
        do throws(CommandFailure) {
            folder = try self.dataFolder(console)
            findings.append(Self.dataFolder(folder))
        } catch {
            findings.append(Finding(subject: "data folder", verdict: .bad, detail: error.message))
        }
        do throws(CommandFailure) {
            let supervisor = try DataFolder.supervisor(console)
            findings.append(Finding(subject: "supervisor", verdict: .good, detail: supervisor))
            let scratch = Self.nearestFolder(folder)
            let machine = MachineCapabilities.probe(
                supervisorPath: supervisor, scratch: scratch, environment: console.environment)
            findings += Self.machine(machine)
        } catch {
            findings.append(Finding(subject: "supervisor", verdict: .bad, detail: error.message))
        }
        findings.append(Self.postgres(console))
        findings.append(Self.kubernetes(console))
        return findings
    }

    private func dataFolder(_ console: Console) throws(CommandFailure) -> String {
        if let folder = self.dataDir { return folder }
        return try DataFolder.standard(console)
    }

    private static func machine(_ machine: MachineCapabilities) -> [Finding] {
        var findings = [
            Finding(
                subject: "kernel", verdict: .good,
                detail: "Linux \(machine.kernel)\(machine.isPrivileged ? ", as root" : "")"),
            Finding(
                subject: "sandbox", verdict: machine.sandboxProblem == nil ? .good : .missing,
                detail: machine.sandboxProblem.map { "\($0); pods run with --isolation none" }
                    ?? "user, mount, pid and ipc namespaces with an overlay of the root"),
        ]
        let cgroups = machine.cgroups
        findings.append(
            Finding(
                subject: "control groups",
                verdict: cgroups.memoryFolder == nil && cgroups.cpuFolder == nil ? .missing : .good,
                detail: cgroups.reason ?? "version \(cgroups.version): limits of cpu and memory are held to"))
        let runtimes = ["crun", "runc"].compactMap { machine.programs[$0] }
        findings.append(
            Finding(
                subject: "OCI runtime", verdict: runtimes.isEmpty ? .missing : .good,
                detail: runtimes.first ?? "neither crun nor runc on PATH; commands run with this machine's programs"))
        for (name, use) in [
            ("tar", "artifacts"), ("gzip", "artifacts"), ("unzip", "zip artifacts"), ("git", "git artifacts"),
        ] {
            let path = machine.programs[name]
            findings.append(
                Finding(
                    subject: name, verdict: path == nil ? .missing : .good,
                    detail: path ?? "not on PATH; needed for \(use)"))
        }
        return findings
    }

    private static func dataFolder(_ folder: String) -> Finding {
        let existing = self.nearestFolder(folder)
        guard access(existing, W_OK | X_OK) == 0 else {
            return Finding(
                subject: "data folder", verdict: .bad,
                detail: "\(folder): \(existing) cannot be written; choose another with --data-dir")
        }
        var space = statvfs()
        let free = statvfs(existing, &space) == 0 ? Int(space.f_bavail) * Int(space.f_frsize) / 1_048_576 : 0
        return Finding(subject: "data folder", verdict: .good, detail: "\(folder), \(free) MiB free")
    }

    /// The folder itself, or the nearest one above it that exists.
    private static func nearestFolder(_ folder: String) -> String {
        var path = folder
        while !Descriptor.isDirectory(path) {
            guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
                return path.hasPrefix("/") ? "/" : "."
            }
            path = String(path[..<slash])
        }
        return path
    }

    private static func postgres(_ console: Console) -> Finding {
        let names = ["PGHOST", "PGSERVICE", "DATABASE_URL"].filter { console.variable($0) != nil }
        return Finding(
            subject: "PostgreSQL", verdict: names.isEmpty ? .missing : .good,
            detail: names.isEmpty
                ? "none named in the environment; SQLite in the data folder is used"
                : "named by \(names.joined(separator: ", "))")
    }

    private static func kubernetes(_ console: Console) -> Finding {
        if console.variable("KUBERNETES_SERVICE_HOST") != nil {
            return Finding(subject: "Kubernetes", verdict: .good, detail: "this process runs in a cluster")
        }
        let file = console.variable("KUBECONFIG") ?? "\(console.variable("HOME") ?? "")/.kube/config"
        guard access(file, R_OK) == 0, file != "/dev/null" else {
            return Finding(subject: "Kubernetes", verdict: .missing, detail: "no kubeconfig; not needed")
        }
        return Finding(subject: "Kubernetes", verdict: .good, detail: file)
    }
}
