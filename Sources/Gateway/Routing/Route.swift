/// What a caller must be allowed to do.
package struct Access: Sendable, Hashable {
    /// `get`, `list`, `watch`, `create`, `update` or `delete`.
    package let verb: String
    /// The plural of the resource, or a path parameter that names it.
    package let resource: String

    package init(_ verb: String, _ resource: String) {
        self.verb = verb
        self.resource = resource
    }
}

/// One line of the route table.
package struct Route: Sendable, Hashable {
    package let method: RequestMethod
    /// Segments in braces match any one segment; a last one of the form `{path...}` matches all that follow.
    package let pattern: String
    package let operation: Operation
    /// `nil`: open to everybody who reaches the server.
    package let access: Access?
    package let body: BodyType?
    package let isStreaming: Bool

    package init(
        _ method: RequestMethod, _ pattern: String, _ operation: Operation, needs access: Access? = nil,
        body: BodyType? = nil, isStreaming: Bool = false
    ) {
        self.method = method
        self.pattern = pattern
        self.operation = operation
        self.access = access
        self.body = body
        self.isStreaming = isStreaming
    }
}

/// The values of a pattern's parameters, decoded.
package struct PathParameters: Sendable, Hashable {
    private var values: [String: String] = [:]

    package init(_ values: [String: String] = [:]) { self.values = values }

    /// Empty where the pattern has no such parameter, or where the segment was empty.
    package subscript(_ name: String) -> String { self.values[name] ?? "" }
}
