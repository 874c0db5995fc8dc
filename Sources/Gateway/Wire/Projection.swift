package import JSON
import Model
import OrderedCollections

/// What a client sees of an object: without `kind` and `apiVersion`, which Argo's server leaves out, and with the
/// fields it asked for.
package struct Projection: Sendable {
    private let fields: FieldProjection

    /// - Parameters:
    ///   - fields: the query parameter of that name; empty for everything.
    ///   - prefix: what the names of fields may begin with: those of a watch are given from the frame's root.
    package init(_ fields: String = "", prefix: String = "") {
        self.fields = FieldProjection(fields).withoutPrefix(prefix)
    }

    /// Whether nothing at or below the path is asked for.
    package func leavesOut(_ path: String) -> Bool { self.fields.leavesOut(path) }

    package func workflow(_ workflow: JSONValue) -> JSONValue {
        let bare = Self.withoutType(workflow)
        guard !self.fields.isWhole else { return bare }
        return Self.completed(self.fields.applied(to: bare))
    }

    /// An object of any kind, whole.
    static func object(_ object: JSONValue) -> JSONValue { Self.withoutType(object) }

    /// A list of workflows, or of other objects, which are always whole.
    func list(_ list: ListDocument) -> JSONValue {
        var list = list
        list.items = list.items.map(Self.withoutType)
        guard !self.fields.isWhole, case .object(var members) = self.fields.applied(to: list.json) else {
            return list.json
        }
        // A list always has both, whatever was asked for.
        let metadata = members["metadata"] ?? [:]
        let items = members["items"]?.arrayValue.map { $0.map(Self.completed) }
        members = ["metadata": metadata, "items": items.map { .array($0) } ?? .null]
        return .object(members)
    }

    private static func withoutType(_ object: JSONValue) -> JSONValue {
        guard case .object(var members) = object, members["kind"] != nil || members["apiVersion"] != nil else {
            return object
        }
        members["kind"] = nil
        members["apiVersion"] = nil
        return .object(members)
    }

    /// What is left of a workflow, with the members that Go writes whether they are set or not.
    private static func completed(_ object: JSONValue) -> JSONValue {
        guard case .object(var members) = object else { return object }
        var spec = members["spec"]?.objectValue ?? [:]
        if spec["arguments"] == nil { spec["arguments"] = [:] }
        var status = members["status"]?.objectValue ?? [:]
        for name in ["startedAt", "finishedAt"] where status[name] == nil { status[name] = .null }
        let metadata = members["metadata"] ?? [:]
        members = [:]
        members["metadata"] = metadata
        members["spec"] = .object(spec)
        members["status"] = .object(status)
        return .object(members)
    }
}
