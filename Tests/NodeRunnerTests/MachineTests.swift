import Glibc
import JSON
import Model
import OrderedCollections
import Testing

@testable import NodeRunner

@Suite(.timeLimit(.minutes(5)))
struct MachineTests {
    @Test("the probe says what this machine has, and why it has no sandbox where it has none")
    func probe() throws {
        let fixture = try RunnerFixture(isolation: nil)
        defer { fixture.cleanUp() }
        let machine = MachineCapabilities.probe(
            supervisorPath: fixture.configuration.supervisorPath, scratch: fixture.folder,
            environment: ["PATH": "/usr/bin:/bin"])
        #expect(machine.programs["tar"] != nil)
        #expect(!machine.kernel.isEmpty)
        #expect(machine.sandboxProblem?.isEmpty != true)
        #expect(HostFiles.names(in: fixture.folder) == [])
        #expect(machine.sandboxProblem == Isolations.sandboxProblem)
        let broken = MachineCapabilities.probe(
            supervisorPath: "/nonexistent/apus-supervisor", scratch: fixture.folder, environment: [:])
        #expect(broken.sandboxProblem?.contains("/nonexistent/apus-supervisor") == true)
    }

    @Test("no sandbox is made where pods are to have none")
    func noSandbox() throws {
        let machine = MachineCapabilities.probe(
            supervisorPath: "/nonexistent/apus-supervisor", scratch: "/nonexistent", environment: [:],
            isolation: .some(.none))
        #expect(machine.sandboxProblem == "not looked for")
    }

    @Test("limits become control group settings; what cannot be held to is named")
    func cgroupPlan() {
        var support = CgroupSupport()
        support.version = 2
        support.memoryFolder = "/cg/apus"
        support.cpuFolder = "/cg/apus"
        let limits: OrderedDictionary<String, Quantity> = [
            "cpu": Quantity("500m"), "memory": Quantity("64Mi"), "nvidia.com/gpu": Quantity("1"),
        ]
        let (plan, unmet) = CgroupPlan.make(limits, name: "p", on: support)
        #expect(plan.folders == ["/cg/apus/p"])
        // A file that the kernel lacks cannot be written.
        #expect(!plan.settings.contains { $0.file.contains("swap") })
        support.limitsSwap = true
        #expect(plan.settings.contains { $0.file == "/cg/apus/p/memory.max" && $0.value == "67108864" })
        #expect(plan.settings.contains { $0.file == "/cg/apus/p/cpu.max" && $0.value == "50000 100000" })
        #expect(unmet == ["nvidia.com/gpu \"1\""])
        support.version = 1
        support.memoryFolder = "/cg/memory"
        let (old, _) = CgroupPlan.make(limits, name: "p", on: support)
        // The limit without swap is never above the one with it, so it comes first.
        let memory = old.settings.filter { $0.file.hasPrefix("/cg/memory/") }
        #expect(memory.map(\.file) == ["limit", "memsw.limit"].map { "/cg/memory/p/memory.\($0)_in_bytes" })
        #expect(memory.allSatisfy { $0.value == "67108864" })
    }

    @Test("pods of one name have control groups of their own on each runner of a machine")
    func cgroupNames() throws {
        var launch = PodLaunch()
        launch.identity = PodIdentity(workflowUID: String(repeating: "u", count: 36), nodeID: "n", attempt: 1)
        launch.podName = String(repeating: "p", count: 230)
        launch.container.command = ["true"]
        launch.container.resources.limits = ["memory": Quantity("32Mi"), "cpu": Quantity("1")]
        var machine = MachineCapabilities()
        machine.cgroups.memoryFolder = "/memory"
        machine.cgroups.cpuFolder = "/cpu"
        var groups: Set<String> = []
        for folder in ["/one", "/two"] {
            let configuration = RunnerConfiguration(
                dataFolder: folder, isolation: .some(.none), supervisorPath: "", hostName: "h", environment: [:])
            let place = try PodFolder(
                root: configuration.podsFolder, workflowUID: launch.identity.workflowUID, podName: launch.podName,
                attempt: 1)
            let plan = try PodPlan(
                launch, folder: place, isolation: .none, machine: machine, configuration: configuration)
            #expect(plan.request.cgroups.folders.count == 2)
            for group in plan.request.cgroups.folders {
                #expect(groups.insert(group).inserted)
                // As long as the name of a folder may be.
                #expect(group.split(separator: "/").allSatisfy { $0.utf8.count <= 255 })
            }
        }
    }

    @Test("amounts beyond all bounds become the greatest that there are", arguments: ["1e30", "1e999", "100000000Ei"])
    func greatAmounts(text: String) throws {
        var support = CgroupSupport()
        support.version = 2
        support.memoryFolder = "/cg"
        support.cpuFolder = "/cg"
        let (plan, _) = CgroupPlan.make(["memory": Quantity(text), "cpu": Quantity(text)], name: "p", on: support)
        #expect(plan.settings.contains { $0.file == "/cg/p/memory.max" && $0.value == "\(Int.max)" })
        #expect(plan.settings.contains { $0.file == "/cg/p/cpu.max" && $0.value == "1000000000000 100000" })
        var container = Container()
        container.resources.requests = ["cpu": Quantity(text), "memory": Quantity("-\(text)")]
        var record = ExitRecord()
        record.startedAt = Timestamp(seconds: 0)
        for end in [0, 10] as [Int64] {
            record.finishedAt = Timestamp(seconds: end)
            let amounts = ResourceUsage.duration(of: container, from: record)
            #expect(amounts.values.allSatisfy { abs($0) <= 1_000_000_000_000_000 })
        }
        var launch = PodLaunch()
        launch.container.resources = container.resources
        launch.container.env = try [EnvVar](
            json: [
                [
                    "name": "A",
                    "valueFrom": ["resourceFieldRef": ["resource": "requests.cpu", "divisor": "0"]],
                ]
            ], at: DecodingPlace())
        let environment = try ContainerEnvironment(launch, inherited: [], home: "/", hostName: "h")
        #expect(environment.variables["A"] == "\(Int.max)")
    }

    @Test("a command over its memory limit is killed and the report says why", arguments: Isolations.available)
    func outOfMemory(isolation: Isolation) async throws {
        try await RunnerFixture.with(isolation: isolation) { fixture, runner in
            var launch = fixture.shell("x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo ${#x}", name: "oom")
            launch.container.resources.limits = ["memory": Quantity("32Mi")]
            if runner.capabilities.cgroups.memoryFolder == nil {
                launch.container.command = ["/bin/true"]
            }
            try await runner.launch(launch)
            let report = await fixture.log.final(of: launch.identity)
            if runner.capabilities.cgroups.memoryFolder == nil {
                #expect(report.warnings.contains { $0.hasPrefix("resource limits are not enforced here: memory") })
            } else {
                #expect(report.message == "main: OOMKilled (exit code 137)")
            }
        }
    }

    @Test("a command does not run without limits that cannot be set", arguments: Isolations.available)
    func limitsThatCannotBeSet(isolation: Isolation) async throws {
        let fixture = try RunnerFixture(isolation: isolation) { configuration in
            // A folder that looks like the place of control groups, and holds none.
            configuration.cgroupRoot = "\(configuration.dataFolder)/cgroups"
            try HostFiles.makeFolders("\(configuration.cgroupRoot)/memory")
        }
        defer { fixture.cleanUp() }
        try await fixture.running { runner in
            let groups = "\(fixture.configuration.cgroupRoot)/memory/apus"
            for missing in ["memory.limit_in_bytes", "cgroup.procs"] {
                var launch = fixture.shell("echo ran", name: missing)
                launch.container.resources.limits = ["memory": Quantity("32Mi")]
                if missing == "cgroup.procs" {
                    let group = "\(groups)/\(CgroupPlan.name(ofPodIn: try fixture.podFolder(launch)))"
                    try HostFiles.makeFolders(group)
                    try HostFiles.write([], to: "\(group)/memory.limit_in_bytes")
                }
                try await runner.launch(launch)
                let report = await fixture.log.final(of: launch.identity)
                #expect(report.phase == .error)
                let message = try #require(report.message)
                #expect(message.contains(": its resource limits cannot be set: control group \(groups)/"), "\(message)")
                #expect(message.hasSuffix(": No such file or directory"), "\(message)")
            }
        }
    }

    @Test("a variable refers to those before it, and to fields of the pod")
    func environment() throws {
        var launch = PodLaunch()
        launch.podName = "pod-1"
        launch.namespace = "argo"
        launch.labels = ["app": "x"]
        launch.annotations[WorkflowKeys.traceID] = "4bf92f3577b34da6a3ce929d0e0e4736"
        launch.annotations[WorkflowKeys.spanID] = "00f067aa0ba902b7"
        let entries: [JSONValue] = [
            ["name": "A", "value": "1"], ["name": "B", "value": "$(A)$(NONE)$$(A)$"],
            ["name": "N", "valueFrom": ["fieldRef": ["fieldPath": "metadata.name"]]],
            ["name": "L", "valueFrom": ["fieldRef": ["fieldPath": "metadata.labels['app']"]]],
            ["name": "O", "valueFrom": ["secretKeyRef": ["name": "s", "key": "k", "optional": true]]],
        ]
        launch.container.env = try entries.map { try EnvVar(json: $0, at: DecodingPlace()) }
        let variables = try ContainerEnvironment(launch, inherited: [("PATH", "/p")], home: "/h", hostName: "n")
            .variables
        #expect(variables["B"] == "1$(NONE)$(A)$")
        #expect(variables["N"] == "pod-1")
        #expect(variables["L"] == "x")
        #expect(variables["O"] == nil)
        #expect(variables["PATH"] == "/p")
        #expect(variables["HOSTNAME"] == "pod-1")
        #expect(variables["TRACEPARENT"] == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    }

    @Test("an image that is not pulled is said once")
    func imageWarning() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            for (name, count) in [("first", 1), ("second", 0)] {
                var launch = fixture.shell("true", name: name)
                launch.container.image = "busybox:1.36"
                try await runner.launch(launch)
                #expect(await fixture.log.final(of: launch.identity).warnings.count == count)
            }
        }
    }
}
