import Model
import OrderedCollections

/// The nodes of a workflow as a forest: what `get` draws.
///
/// Steps and DAG nodes hold what they enclose; step groups and retry nodes hold their children; pods, suspends and
/// skipped nodes are leaves. Siblings stand in the order in which they started.
struct NodeTree {
    let nodes: OrderedDictionary<String, NodeStatus>
    /// The nodes beneath each, in order.
    private let members: [String: [String]]

    init(_ nodes: OrderedDictionary<String, NodeStatus>) {
        self.nodes = nodes
        var holders: [String: String] = [:]
        for (id, node) in nodes where node.type == .stepGroup || node.type == .retry {
            for child in node.children { holders[child] = id }
        }
        var members: [String: [String]] = [:]
        for (id, node) in nodes where Self.isDrawn(node.type) {
            guard let holder = holders[id] ?? node.boundaryID, !holder.isEmpty else { continue }
            members[holder, default: []].append(id)
        }
        self.members = members.mapValues { ids in
            ids.sorted { left, right in
                guard let first = nodes[left], let second = nodes[right] else { return false }
                return Self.precedes(first, second)
            }
        }
    }

    func members(of id: String) -> [String] { self.members[id] ?? [] }

    private static func isDrawn(_ type: NodeType) -> Bool {
        switch type {
        case .steps, .dag, .stepGroup, .retry, .pod, .skipped, .suspend, .http, .plugin: true
        case .taskGroup, .container: false
        }
    }

    private static func precedes(_ left: NodeStatus, _ right: NodeStatus) -> Bool {
        let (leftStart, rightStart) = (left.startedAt?.seconds ?? 0, right.startedAt?.seconds ?? 0)
        guard leftStart == rightStart else { return leftStart < rightStart }
        if let first = self.itemIndex(left.displayName), let second = self.itemIndex(right.displayName) {
            return first < second
        }
        return left.displayName.utf8.lexicographicallyPrecedes(right.displayName.utf8)
    }

    /// The index in the name of a loop's item, `fetch(2:pear)`.
    private static func itemIndex(_ name: String) -> Int? {
        guard let open = name.firstIndex(of: "("), let colon = name.firstIndex(of: ":"), open < colon else {
            return nil
        }
        return Int(name[name.index(after: open)..<colon])
    }
}
