package import JSON
import OrderedCollections

/// Which members of an answer a client wants: `metadata.name,status.phase`, or `-status.nodes` for all but some.
///
/// A path goes through arrays as if they were not there. An array's elements are all treated alike.
package struct FieldProjection: Hashable, Sendable {
    private var paths: Set<String>
    private var isExclusion: Bool

    /// - Parameter text: the paths, with a dash before the first one to leave them out; empty for everything.
    package init(_ text: String) {
        self.isExclusion = text.hasPrefix("-")
        let list = self.isExclusion ? text.dropFirst() : text[...]
        self.paths =
            text.isEmpty ? [] : Set(list.split(separator: ",", omittingEmptySubsequences: false).map(String.init))
    }

    /// Whether everything is wanted.
    package var isWhole: Bool { self.paths.isEmpty }

    /// Whether a path, or all of what lies below it, is left out: then it need not be fetched.
    package func leavesOut(_ path: String) -> Bool {
        guard !self.paths.isEmpty else { return false }
        return self.paths.contains { path.hasPrefix($0) || $0.hasPrefix(path) } == self.isExclusion
    }

    /// The same, for a part of the answer: `result.object.status` becomes `status`.
    package func withoutPrefix(_ prefix: String) -> FieldProjection {
        var projection = self
        projection.paths = Set(self.paths.map { $0.hasPrefix(prefix) ? String($0.dropFirst(prefix.count)) : $0 })
        return projection
    }

    package func applied(to json: JSONValue) -> JSONValue {
        self.paths.isEmpty ? json : self.kept(of: json, at: "")
    }

    private func kept(of json: JSONValue, at path: String) -> JSONValue {
        switch json {
        case .object(let members):
            var kept = JSONObject()
            for (name, value) in members {
                let place = path.isEmpty ? name : "\(path).\(name)"
                if self.paths.contains(place) {
                    if !self.isExclusion { kept[name] = value }
                } else if self.isExclusion || self.paths.contains(where: { $0.hasPrefix(place) }) {
                    kept[name] = self.kept(of: value, at: place)
                }
            }
            return .object(kept)
        case .array(let elements):
            return .array(elements.map { self.kept(of: $0, at: path) })
        case .null, .bool, .integer, .double, .string:
            return json
        }
    }
}
