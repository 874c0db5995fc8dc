import ArgumentParser
import JSON
import OrderedCollections

/// `cluster`: who is part of the cluster, and who owns what.
struct ClusterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster", abstract: "show the members of a cluster and what each of them owns",
        discussion: """
            EXAMPLES:
              apus cluster status
              apus cluster members -o json
              apus cluster drain scheduler-1
              apus cluster drain scheduler-1 --undo
            """,
        subcommands: [ClusterStatus.self, ClusterMembers.self, ClusterShards.self, ClusterDrain.self])
}

/// A command that prints the cluster, or a part of it.
protocol ClusterReport: ClientCommand {
    var output: OutputOptions<ReportOutput> { get }
    /// The part that `-o json` and `-o yaml` print.
    func part(_ cluster: JSONValue) -> JSONValue
    func text(_ cluster: JSONValue, isWide: Bool) -> String
}

extension ClusterReport {
    func run() async throws {
        let format = self.output.output
        let cluster = try await self.connect().get(ClusterPath.root)
        switch format {
        case .json: self.console.line(DocumentText.json(self.part(cluster)))
        case .yaml: self.console.write(DocumentText.yaml(self.part(cluster)))
        case .name, .wide, .short, nil: self.console.write(self.text(cluster, isWide: format == .wide))
        }
    }
}

private enum ClusterPath {
    static let root = ["api", "v1", "apus", "cluster"]
}

extension JSONValue {
    fileprivate func word(_ name: String) -> String {
        guard let value = self[name], !value.isNull else { return "" }
        return value.stringValue ?? value.text
    }
}

/// `cluster status`: whether every shard has an owner, and how they are shared.
struct ClusterStatus: ClusterReport {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "tell whether every shard has an owner, and who is there")

    @OptionGroup var output: OutputOptions<ReportOutput>
    @OptionGroup var global: GlobalOptions

    func part(_ cluster: JSONValue) -> JSONValue { cluster }

    func text(_ cluster: JSONValue, isWide: Bool) -> String {
        let shards = cluster["shards"]?.arrayValue ?? []
        let owned = shards.filter { !$0.word("owner").isEmpty }.count
        let health = owned == shards.count ? "every shard has an owner" : "\(shards.count - owned) have no owner now"
        return "Shards:  \(owned) of \(shards.count); \(health)\n\n" + ClusterMembers.table(cluster, isWide: isWide)
    }
}

/// `cluster members`: the processes that are there.
struct ClusterMembers: ClusterReport {
    static let configuration = CommandConfiguration(commandName: "members", abstract: "list the members")

    @OptionGroup var output: OutputOptions<ReportOutput>
    @OptionGroup var global: GlobalOptions

    func part(_ cluster: JSONValue) -> JSONValue { cluster["members"] ?? [] }

    func text(_ cluster: JSONValue, isWide: Bool) -> String { Self.table(cluster, isWide: isWide) }

    static func table(_ cluster: JSONValue, isWide: Bool) -> String {
        var table = TabWriter(padding: 3)
        let columns = ["NAME", "ROLE", "STATE", "ADDRESS", "VERSION", "SHARDS", "PODS"]
        table.add(columns + (isWide ? ["WEIGHT", "CPU", "MEMORY"] : []))
        for member in cluster["members"]?.arrayValue ?? [] {
            let row = [
                member.word("name"), member.word("role"), self.state(of: member), member.word("address"),
                member.word("version"), member.word("shards"), self.pods(of: member),
            ]
            table.add(row + (isWide ? [member.word("weight"), self.cpu(of: member), member.word("memory")] : []))
        }
        return table.text
    }

    private static func state(of member: JSONValue) -> String {
        if member["isLost"]?.boolValue == true { return "lost" }
        return member["isDraining"]?.boolValue == true ? "draining" : "active"
    }

    /// How many it has of those that it takes.
    private static func pods(of member: JSONValue) -> String {
        member["pods"] == nil ? "" : "\(member.word("usedPods"))/\(member.word("pods"))"
    }

    private static func cpu(of member: JSONValue) -> String {
        member["milliCPU"] == nil ? "" : "\(member.word("milliCPU"))m"
    }
}

/// `cluster shards`: who owns each shard.
struct ClusterShards: ClusterReport {
    static let configuration = CommandConfiguration(
        commandName: "shards", abstract: "list which scheduler owns which shards",
        discussion: "With -o wide one line for each shard, with the number of its ownership.")

    @OptionGroup var output: OutputOptions<ReportOutput>
    @OptionGroup var global: GlobalOptions

    func part(_ cluster: JSONValue) -> JSONValue { cluster["shards"] ?? [] }

    func text(_ cluster: JSONValue, isWide: Bool) -> String {
        let shards = cluster["shards"]?.arrayValue ?? []
        var table = TabWriter(padding: 3)
        if isWide {
            table.add(["SHARD", "OWNER", "EPOCH"])
            for shard in shards { table.add([shard.word("shard"), shard.word("owner"), shard.word("epoch")]) }
            return table.text
        }
        table.add(["OWNER", "COUNT", "SHARDS"])
        for (owner, owned) in Dictionary(grouping: shards, by: { $0.word("owner") }).sorted(by: { $0.key < $1.key }) {
            let numbers = owned.compactMap { Int($0.word("shard")) }
            table.add([owner.isEmpty ? "<none>" : owner, String(owned.count), Self.ranges(numbers)])
        }
        return table.text
    }

    /// `0-3,7,9-10`.
    static func ranges(_ numbers: [Int]) -> String {
        var ranges: [ClosedRange<Int>] = []
        for number in numbers.sorted() {
            if let last = ranges.last, last.upperBound + 1 == number {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }
}

/// `cluster drain`: has a scheduler give its shards away.
struct ClusterDrain: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "have a scheduler hand its shards over to the others")

    @Argument(help: "Name of the scheduler.")
    var member: String

    @Flag(name: .long, help: "Let it take its share again.")
    var undo = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let verb = self.undo ? "undrain" : "drain"
        try await self.connect().put(ClusterPath.root + ["members", self.member, verb], [:])
        self.console.line(self.undo ? "\(self.member) takes its share again" : "\(self.member) hands its shards over")
    }
}
