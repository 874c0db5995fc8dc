import Model

/// Which task of a DAG waits for which.
struct DependencyGraph {
    /// What a task says of another one.
    struct Dependency: Hashable {
        var task: String
        /// Whether it asks for `AnySucceeded` or `AllFailed`, which only a loop has.
        var isOfItems: Bool
    }

    let tasks: [DAGTask]
    private(set) var dependencies: [String: [Dependency]] = [:]
    private(set) var taskByName: [String: DAGTask] = [:]

    init(_ tasks: [DAGTask]) {
        self.tasks = tasks
        for task in tasks {
            self.taskByName[task.name] = task
            self.dependencies[task.name] = Self.dependencies(of: task)
        }
    }

    private static func dependencies(of task: DAGTask) -> [Dependency] {
        guard let depends = task.depends else {
            var seen: Set<String> = []
            return task.dependencies.filter { seen.insert($0).inserted }.map { Dependency(task: $0, isOfItems: false) }
        }
        var found: [Dependency] = []
        for mention in DependsMention.all(in: depends) {
            let isOfItems = mention.result == "AnySucceeded" || mention.result == "AllFailed"
            if let index = found.firstIndex(where: { $0.task == mention.task }) {
                // A bare name forgets what was asked of the items before; a result does not.
                found[index].isOfItems = mention.result == nil ? false : found[index].isOfItems || isOfItems
            } else {
                found.append(Dependency(task: mention.task, isOfItems: isOfItems))
            }
        }
        return found
    }

    /// The tasks in an order in which each comes after all that it depends on.
    func sorted() throws(ValidationIssue) -> [DAGTask] {
        var waiting: [String: Int] = [:]
        var dependants: [String: [String]] = [:]
        for task in self.tasks {
            guard waiting.updateValue(self.dependencies[task.name]?.count ?? 0, forKey: task.name) == nil else {
                throw ValidationIssue("duplicated nodeName \(task.name)")
            }
        }
        for task in self.tasks {
            for dependency in self.dependencies[task.name] ?? [] {
                guard waiting[dependency.task] != nil else {
                    throw ValidationIssue("invalid dependency \(dependency.task)")
                }
                dependants[dependency.task, default: []].append(task.name)
            }
        }
        var queue = self.tasks.map(\.name).filter { waiting[$0] == 0 }
        var next = 0
        while next < queue.count {
            for dependant in dependants[queue[next]] ?? [] {
                waiting[dependant, default: 0] -= 1
                if waiting[dependant] == 0 { queue.append(dependant) }
            }
            next += 1
        }
        guard queue.count == self.tasks.count else {
            throw ValidationIssue("graph with cycle: \(self.cycle(among: Set(queue)))")
        }
        return queue.compactMap { self.taskByName[$0] }
    }

    /// One cycle, written `a->b->a`, where every task outside `sorted` is on one or waits for one.
    private func cycle(among sorted: Set<String>) -> String {
        guard var current = self.tasks.map(\.name).first(where: { !sorted.contains($0) }) else { return "" }
        var path: [String] = []
        while !path.contains(current) {
            path.append(current)
            guard let next = self.dependencies[current]?.first(where: { !sorted.contains($0.task) }) else { break }
            current = next.task
        }
        let start = path.firstIndex(of: current) ?? 0
        return (path[start...] + [current]).joined(separator: "->")
    }

    /// Whether a task has ended before another one starts.
    ///
    /// The nearest are looked at first.
    func isAncestor(_ other: String, of name: String) -> Bool {
        var open = [name]
        var seen: Set<String> = [name]
        var next = 0
        while next < open.count {
            for dependency in self.dependencies[open[next]] ?? [] where seen.insert(dependency.task).inserted {
                if dependency.task == other { return true }
                open.append(dependency.task)
            }
            next += 1
        }
        return false
    }
}

/// A task's name in a `depends` expression, with the result that is asked of it.
struct DependsMention: Hashable {
    var task: String
    var result: String?

    /// `A`, `A.Succeeded`: names of letters, digits and dashes; a result begins with a capital and has two letters or
    /// more.
    static func all(in text: String) -> [DependsMention] {
        var mentions: [DependsMention] = []
        var rest = Array(text.utf8)[...]
        while let start = rest.firstIndex(where: FieldNames.isAlphanumeric) {
            let name = rest[start...].prefix { FieldNames.isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
            rest = rest[name.endIndex...]
            var mention = DependsMention(task: String(decoding: name, as: UTF8.self), result: nil)
            if rest.first == UInt8(ascii: ".") {
                let result = rest.dropFirst().prefix { FieldNames.isAlphanumeric($0) && !Self.isDigit($0) }
                if result.count > 1, let first = result.first, first <= UInt8(ascii: "Z") {
                    mention.result = String(decoding: result, as: UTF8.self)
                    rest = rest[result.endIndex...]
                }
            }
            mentions.append(mention)
        }
        return mentions
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
