import Foundation
import IntegrationSupport
import JSON
import TestSupport

let usage = """
    usage: apus-bench [--rounds N] [--only B1,B5] [--json FILE]
    Runs the benchmarks, each beside its floor, and prints a table.
    """

struct Options {
    var rounds = 3
    var only: Set<String> = []
    var json: String?

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let flag = rest.popFirst() {
            guard let value = rest.popFirst() else { throw BenchmarkError(usage) }
            switch flag {
            case "--rounds": self.rounds = Int(value) ?? 3
            case "--only": self.only = Set(value.split(separator: ",").map(String.init))
            case "--json": self.json = value
            default: throw BenchmarkError(usage)
            }
        }
    }

    func includes(_ name: String) -> Bool { self.only.isEmpty || self.only.contains(name) }
}

do {
    let arguments = CommandLine.arguments
    if arguments.count == 4, arguments[1] == "transport-server", let mode = TransportServer.Mode(rawValue: arguments[2])
    {
        try await TransportServer.run(mode, folder: URL(fileURLWithPath: arguments[3]))
        exit(0)
    }
    if arguments.count == 4, arguments[1] == "memory", let load = MemoryBenchmarks.Load(rawValue: arguments[2]) {
        try await MemoryBenchmarks.measure(load, folder: URL(fileURLWithPath: arguments[3]))
        exit(0)
    }
    let options = try Options(Array(arguments.dropFirst()))
    let folder = try TemporaryDirectory()
    defer { folder.remove() }
    let servers = ServerBenchmarks(folder: folder.url, rounds: options.rounds)
    let engines = EngineBenchmarks(folder: folder.url, rounds: options.rounds)
    var report = Report()
    if options.includes("B1") { try await servers.fanOut(into: &report) }
    if options.includes("B2") { try await servers.chain(into: &report) }
    if options.includes("B3") { try await servers.many(into: &report) }
    if options.includes("B4") { try await servers.layers(into: &report) }
    if options.includes("B5") {
        try await engines.transitions(into: &report)
        try await engines.transitionsOnPostgreSQL(into: &report)
    }
    if options.includes("B6") { try await engines.sizes(into: &report) }
    if options.includes("B7") {
        try await TransportBenchmarks(folder: folder.url, rounds: options.rounds).all(into: &report)
    }
    if options.includes("B8") {
        try await servers.startUp(into: &report)
        try MemoryBenchmarks(folder: folder.url).all(into: &report)
    }
    if options.includes("B10") { try await ReplicaBenchmarks(rounds: options.rounds).all(into: &report) }
    print(report.table)
    if let file = options.json { try report.json.text.write(toFile: file, atomically: true, encoding: .utf8) }
} catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(1)
}
