/// How nodes and pods are called: clients compute the same names, so they are Argo's to the letter.
///
///     hello                          the root, named as the workflow
///     hello[0]                       a step group
///     hello[0].greet                 a step
///     hello.fetch                    a DAG task
///     hello.fetch(1:pear)            an item of a loop
///     hello.fetch(0)                 an attempt of a retried node
///     hello.onExit                   an exit handler
///     hello.hooks.running            a lifecycle hook
package enum NodeNames {
    /// The longest name that Kubernetes allows for an object.
    package static let maximumPodNameLength = 253
    /// What a pod's name keeps free for its hash.
    private static let hashLength = 10

    /// The key of a node in `status.nodes`: the workflow's name, and a hash of the node's.
    package static func id(of nodeName: String, workflow: String) -> String {
        nodeName == workflow ? workflow : "\(workflow)-\(self.hash(nodeName))"
    }

    /// The name of a node's pod (Argo's version 2).
    package static func podName(of nodeName: String, template: String, workflow: String) -> String {
        guard nodeName != workflow else { return workflow }
        let prefix = template.isEmpty ? workflow : "\(workflow)-\(template)"
        let longest = self.maximumPodNameLength - self.hashLength - 1
        return "\(String(decoding: prefix.utf8.prefix(longest), as: UTF8.self))-\(self.hash(nodeName))"
    }

    /// FNV-1a in 32 bits.
    package static func hash(_ text: String) -> UInt32 {
        var hash: UInt32 = 2_166_136_261
        for byte in text.utf8 {
            hash ^= UInt32(byte)
            hash &*= 16_777_619
        }
        return hash
    }

    package static func stepGroup(_ index: Int, of parent: String) -> String { "\(parent)[\(index)]" }

    /// A step within its group, or a task within its DAG.
    package static func child(_ name: String, of parent: String) -> String { "\(parent).\(name)" }

    package static func attempt(_ index: Int, of parent: String) -> String { "\(parent)(\(index))" }

    package static func exitHandler(of parent: String) -> String { "\(parent).onExit" }

    package static func hook(_ name: String, of parent: String) -> String { "\(parent).hooks.\(name)" }

    /// One item of a loop over a step or task.
    ///
    /// Parentheses in the item are dropped, so that the index can be read back.
    package static func item(_ index: Int, described description: String, of name: String) -> String {
        "\(name)(\(index):\(description.filter { $0 != "(" && $0 != ")" }))"
    }

    /// How a map describes itself in the name of an item: `key:value` pairs, sorted.
    package static func description(ofMap members: [(key: String, value: String)]) -> String {
        members.map { "\($0.key):\($0.value)" }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .joined(separator: ",")
    }

    /// What people see: the name without that of the node around it.
    ///
    /// - Parameter boundary: the name of the steps or DAG node that encloses it; without one the name itself is shown.
    package static func displayName(of nodeName: String, boundary: String?) -> String {
        guard let boundary, nodeName.utf8.starts(with: boundary.utf8) else { return nodeName }
        let rest = Substring(nodeName.utf8.dropFirst(boundary.utf8.count))
        guard let dot = self.separatorEnd(rest) else { return String(rest) }
        return String(rest[dot...])
    }

    /// Where `[0].` or `.` at the start of the text ends.
    private static func separatorEnd(_ text: Substring) -> Substring.Index? {
        var rest = text
        if rest.first == "[" {
            let digits = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
            guard !digits.isEmpty, digits.endIndex < rest.endIndex, rest[digits.endIndex] == "]" else { return nil }
            rest = rest[rest.index(after: digits.endIndex)...]
        }
        return rest.first == "." ? rest.index(after: rest.startIndex) : nil
    }
}
