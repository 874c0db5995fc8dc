import Foundation
import IntegrationSupport
import JSON

/// Workloads on a real server with real processes: B1 to B4 and B8.
struct ServerBenchmarks {
    let folder: URL
    let rounds: Int

    /// Runs a workload on a server of its own.
    private func withServer<Result>(_ work: (BenchmarkClient, ApusServer) async throws -> Result) async throws -> Result
    {
        let data = self.folder.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        let server = try ApusServer(folder: data, isolation: "none")
        defer { server.stop() }
        return try await work(BenchmarkClient(server.baseURL), server)
    }

    /// B1: 1,000 processes, 16 at a time.
    func fanOut(into report: inout Report) async throws {
        let count = 1_000
        var (cpuRatios, rates): ([Double], [Double]) = ([], [])
        var (costs, floors): ([Double], [Double]) = ([], [])
        for _ in 0..<self.rounds {
            let floor = try await Machine.measure { try Floors.spawn(count, parallel: 16) }
            let ours = try await self.withServer { client, _ in
                try await Machine.measure { try await self.finish(Workloads.fanOut(count, parallel: 16), on: client) }
            }
            cpuRatios.append(ours.cpu / floor.cpu)
            costs.append(ours.cpu / Double(count))
            floors.append(floor.cpu / Double(count))
            rates.append(floor.wall / ours.wall)
        }
        report.add(
            Figure(
                benchmark: "B1", what: "CPU of 1,000 × /bin/true, 16 parallel, over the spawn loop's",
                value: cpuRatios.median, unit: "×", aim: "≤ 2 ×", isMet: cpuRatios.median <= 2))
        report.add(
            Figure(
                benchmark: "B1", what: "CPU of each of them; floor: the spawn loop", value: costs.median * 1_000,
                unit: "ms", floor: floors.median * 1_000, aim: ""))
        report.add(
            Figure(
                benchmark: "B1", what: "rate of the same, as a share of the spawn loop's", value: rates.median * 100,
                unit: "%", aim: "≥ 40 %", isMet: rates.median >= 0.4))
    }

    /// B2: a chain of 100 processes.
    func chain(into report: inout Report) async throws {
        let count = 100
        let sync = try Floors.fsync(500, in: self.folder).median
        var (hops, floors): ([Double], [Double]) = ([], [])
        for _ in 0..<max(3, self.rounds) {
            let spawn = try await Machine.measure { try Floors.spawn(count, parallel: 1) }
            floors.append(spawn.wall / Double(count) + 2 * sync)
            let ours = try await self.withServer { client, _ in
                try await Machine.measure { try await self.finish(Workloads.chain(count), on: client) }
            }
            hops.append(ours.wall / Double(count))
        }
        let ratio = hops.median / floors.median
        report.add(
            Figure(
                benchmark: "B2", what: "a hop in a chain of 100, median of runs; floor: a spawn and two fsyncs",
                value: hops.median * 1_000, unit: "ms", floor: floors.median * 1_000, aim: "≤ 3 ×", isMet: ratio <= 3))
    }

    /// B3: many workflows of one process, by one client and by 16.
    func many(into report: inout Report) async throws {
        for (clients, count) in [(1, 200), (16, 2_000)] {
            let (latencies, submitted, finished) = try await self.withServer { client, _ in
                try await self.submitMany(count, clients: clients, client: client)
            }
            let name = "\(count) × one process, \(clients) client\(clients == 1 ? "" : "s")"
            report.add(
                Figure(benchmark: "B3", what: "\(name): submits", value: Double(count) / submitted, unit: "/s", aim: "")
            )
            report.add(
                Figure(
                    benchmark: "B3", what: "\(name): submit p50", value: latencies.median * 1_000, unit: "ms",
                    floor: try Floors.fsync(200, in: self.folder).median * 1_000, aim: ""))
            report.add(
                Figure(
                    benchmark: "B3", what: "\(name): submit p99", value: latencies.percentile(0.99) * 1_000, unit: "ms",
                    aim: ""))
            report.add(
                Figure(benchmark: "B3", what: "\(name): finished", value: Double(count) / finished, unit: "/s", aim: "")
            )
        }
    }

    private func submitMany(
        _ count: Int, clients: Int, client: BenchmarkClient
    ) async throws -> ([Double], Double, Double) {
        let clock = ContinuousClock()
        let start = clock.now
        let latencies = try await withThrowingTaskGroup(of: [Double].self) { group in
            for _ in 0..<clients {
                group.addTask {
                    var own: [Double] = []
                    for _ in 0..<(count / clients) {
                        let before = clock.now
                        _ = try await client.send(
                            "POST", "/api/v1/workflows/default", ["workflow": Workloads.single])
                        own.append((clock.now - before).seconds)
                    }
                    return own
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let submitted = (clock.now - start).seconds
        try await self.waitUntilIdle(client)
        return (latencies, submitted, (clock.now - start).seconds)
    }

    private func waitUntilIdle(_ client: BenchmarkClient) async throws {
        let path =
            "/api/v1/workflows/default?listOptions.limit=1&fields=items.metadata.name"
            + "&listOptions.labelSelector=workflows.argoproj.io/completed!%3Dtrue"
        while case .array? = try await client.send("GET", path)["items"] {
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// B4: ten layers of 50 tasks, each of which needs the whole layer before.
    func layers(into report: inout Report) async throws {
        let floor = try Floors.make(layers: 10, width: 50, in: self.folder)
        let edgeless = try await self.withServer { client, _ in
            try await Machine.measure {
                try await self.finish(Workloads.fanOut(500, parallel: 16), on: client, every: Self.rareLook)
            }
        }
        let ours = try await self.withServer { client, _ in
            try await Machine.measure {
                try await self.finish(Workloads.layers(10, width: 50), on: client, every: Self.rareLook)
            }
        }
        report.add(
            Figure(
                benchmark: "B4", what: "500 tasks in ten layers, 22,500 edges; floor: make -j16", value: ours.wall,
                unit: "s", floor: floor, aim: ""))
        report.add(
            Figure(
                benchmark: "B4", what: "the same; floor: 500 tasks without edges", value: ours.wall, unit: "s",
                floor: edgeless.wall, aim: "≤ 1.2 ×", isMet: ours.wall <= 1.2 * edgeless.wall))
    }

    /// B8: from the command to listening, and the memory of a server with nothing to do.
    func startUp(into report: inout Report) async throws {
        var (starts, memory): ([Double], [Double]) = ([], [])
        for _ in 0..<max(5, self.rounds) {
            let data = self.folder.appendingPathComponent(UUID().uuidString).path
            let server = try StartedServer(try ApusBinary.url.path, dataFolder: data)
            starts.append(server.seconds)
            try await Task.sleep(for: .seconds(1))
            memory.append(try Machine.residentMiB(of: server.process))
            try server.stop()
        }
        report.add(
            Figure(
                benchmark: "B8", what: "start: from the command to listening", value: starts.median * 1_000, unit: "ms",
                aim: "≤ 200 ms", isMet: starts.median <= 0.2))
        report.add(
            Figure(
                benchmark: "B8", what: "idle memory", value: memory.median, unit: "MiB", aim: "≤ 50 MiB",
                isMet: memory.median <= 50))
    }

    /// Each look at a workflow has the server read its text, which is long where there are many edges.
    private static let rareLook = Duration.milliseconds(20)

    /// Submits a workflow and returns once it has succeeded.
    private func finish(
        _ workflow: JSONValue, on client: BenchmarkClient, every pause: Duration = .milliseconds(5)
    ) async throws {
        let made = try await client.send("POST", "/api/v1/workflows/default", ["workflow": workflow])
        // A list leaves out nodes, which reading again and again would cost more than the workflow itself.
        let path =
            "/api/v1/workflows/default?listOptions.fieldSelector=metadata.name%3D\(made.name)"
            + "&fields=items.status.phase,items.status.message"
        while true {
            let status = try await client.send("GET", path)["items"]?[0]?["status"]
            switch status?.phase {
            case "Succeeded": return
            case "Failed", "Error": throw BenchmarkError("the workflow ended: \(status?.text ?? "")")
            default: try await Task.sleep(for: pause)
            }
        }
    }
}
