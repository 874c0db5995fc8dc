import ActorTransport
import JSON
import OrderedCollections

/// A list as clients read it.
struct ListDocument: Sendable {
    var metadata = JSONObject()
    var items: [JSONValue]

    init(_ page: WorkflowPage) {
        if !page.resourceVersion.isEmpty { self.metadata["resourceVersion"] = .string(page.resourceVersion) }
        if let token = page.continueToken { self.metadata["continue"] = .string(token) }
        if let count = page.remainingItemCount { self.metadata["remainingItemCount"] = .integer(count) }
        self.items = page.items
    }

    /// An empty list has `null` for its items, as Go writes one.
    var json: JSONValue {
        ["metadata": .object(self.metadata), "items": self.items.isEmpty ? .null : .array(self.items)]
    }
}
