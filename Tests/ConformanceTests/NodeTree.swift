import Foundation
import IntegrationSupport
import JSON
import OrderedCollections

/// What two engines must agree on of a finished workflow: its nodes by name, with hashes and the workflow's own name
/// taken out.
struct NodeTree {
    /// How much of two trees must be equal.
    enum Exactness: Int {
        /// How the workflow ended.
        case phase
        /// Also which nodes there are, of what kind, within and behind which others, and how each ended.
        case shape
        /// Also every value.
        case values

        /// What of a node must be equal.
        fileprivate var members: [String] {
            let shape = [
                "displayName", "type", "phase", "templateName", "boundary", "children", "exitCode", "inputArtifacts",
                "outputArtifacts", "outbound", "templateScope",
            ]
            return self == .values ? shape + ["inputs", "outputs", "result", "message"] : shape
        }
    }

    var phase: String
    var outputs: JSONValue
    var nodes: [String: JSONValue] = [:]

    /// The tree of a workflow as a server answers it.
    init(workflow: JSONValue) {
        let name = workflow.name
        let status = workflow["status"] ?? [:]
        self.phase = status.phase
        self.outputs = Self.parameters(of: status["outputs"], in: name)
        let all = status["nodes"]?.objectValue ?? [:]
        func label(_ id: JSONValue?) -> JSONValue? {
            guard let id = id?.stringValue, let node = all[id]?["name"]?.stringValue else { return nil }
            return .string(Self.masked(node, in: name))
        }
        func masked(_ value: JSONValue?) -> JSONValue? {
            value?.stringValue.map { .string(Self.masked($0, in: name)) }
        }
        func names(_ artifacts: JSONValue?) -> JSONValue {
            .array((artifacts?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }.sorted().map { .string($0) })
        }
        for node in all.values {
            var members = JSONObject()
            members["displayName"] = masked(node["displayName"])
            members["type"] = node["type"]
            members["phase"] = node["phase"]
            members["templateName"] = node["templateName"]
            members["boundary"] = label(node["boundaryID"])
            members["children"] = .array(
                (node["children"]?.arrayValue ?? []).compactMap { label($0)?.stringValue }.sorted().map { .string($0) })
            members["inputs"] = Self.parameters(of: node["inputs"], in: name)
            members["outputs"] = Self.parameters(of: node["outputs"], in: name)
            members["result"] = masked(node["outputs"]?["result"])
            members["exitCode"] = node["outputs"]?["exitCode"]
            members["inputArtifacts"] = names(node["inputs"]?["artifacts"])
            members["outputArtifacts"] = names(node["outputs"]?["artifacts"])
            members["message"] = masked(node["message"])
            members["outbound"] = .array(
                (node["outboundNodes"]?.arrayValue ?? []).compactMap { label($0)?.stringValue }.sorted()
                    .map { .string($0) })
            members["templateScope"] = masked(node["templateScope"])
            self.nodes[Self.masked(node["name"]?.stringValue ?? "", in: name)] = .object(members)
        }
    }

    /// A tree as it was recorded: members that are empty are left out there.
    init(recorded: JSONValue) {
        self.phase = recorded.phase
        self.outputs = recorded["outputs"] ?? [:]
        for node in recorded["nodes"]?.arrayValue ?? [] { self.nodes[node["name"]?.stringValue ?? ""] = node }
    }

    /// How this tree differs from a recorded one.
    func differences(from recorded: NodeTree, _ exactness: Exactness = .values) -> [String] {
        var found = Differences()
        found.check(self.phase == recorded.phase, "phase \(self.phase), recorded \(recorded.phase)")
        guard found.all.isEmpty, exactness != .phase else { return found.all }
        for name in recorded.nodes.keys.sorted() where self.nodes[name] == nil { found.append(["no node \(name)"]) }
        for name in self.nodes.keys.sorted() where recorded.nodes[name] == nil { found.append(["extra node \(name)"]) }
        for (name, node) in self.nodes.sorted(by: { $0.key < $1.key }) {
            guard let other = recorded.nodes[name] else { continue }
            for member in exactness.members {
                let (ours, theirs) = (Self.present(node[member]), Self.present(other[member]))
                found.check(
                    ours == theirs,
                    "\(name).\(member) is \(ours?.text ?? "absent"), recorded \(theirs?.text ?? "absent")")
            }
        }
        found.check(
            exactness == .shape || Self.present(self.outputs) == Self.present(recorded.outputs),
            "outputs \(self.outputs.text), recorded \(recorded.outputs.text)")
        return found.all
    }

    /// A member that holds something; recorded trees leave out what is empty.
    ///
    /// Objects are compared without order.
    private static func present(_ value: JSONValue?) -> JSONValue? {
        switch value {
        case nil, .null, .string(""), .array([]), .object([:]): nil
        case .object(let members): .array(members.sorted { $0.key < $1.key }.map { [.string($0.key), $0.value] })
        case let value?: value
        }
    }

    private static func parameters(of io: JSONValue?, in workflow: String) -> JSONValue {
        var values = JSONObject()
        for parameter in io?["parameters"]?.arrayValue ?? [] {
            guard let name = parameter["name"]?.stringValue else { continue }
            values[name] = parameter["value"]?.stringValue.map { .string(Self.masked($0, in: workflow)) } ?? .null
        }
        return .object(values)
    }

    static func masked(_ text: String, in workflow: String) -> String {
        text.replacingOccurrences(of: workflow, with: "$WF")
            .replacingOccurrences(of: #"\$WF-\d{5,10}"#, with: "\\$WF-<hash>", options: .regularExpression)
            .replacingOccurrences(
                of: #"(\$WF-[a-z0-9.-]+?)-\d{5,10}\b"#, with: "$1-<hash>", options: .regularExpression)
    }
}
