import JSON

/// A path into a JSON document, as the function `jsonpath` takes it: `$.a[0].b`, `$..c`, `$.list[?(@.x > 1)]`.
///
/// A key that is not there and a place out of range are errors on the way down; below a wildcard, a slice, a union or a
/// filter they are left out.
struct JSONPath {
    let source: String
    private let segments: [JSONPathSegment]

    /// The part of a document that a path leads to.
    static func query(_ path: String, in document: JSONValue) throws(ValueFailure) -> Value {
        let value = Value(decoding: document)
        return try JSONPath(path, depth: 0).query(root: value, current: value)
    }

    init(_ source: String, depth: Int) throws(ValueFailure) {
        self.source = source
        do throws(ValueFailure) {
            self.segments = try JSONPathParser.segments(of: source, depth: depth)
        } catch {
            throw ValueFailure("invalid JSONPath selector '\(source)' \(error.message)")
        }
    }

    func query(root: Value, current: Value) throws(ValueFailure) -> Value {
        var steps = JSONPathWalk.stepsMax
        return try self.query(root: root, current: current, steps: &steps)
    }

    /// Counts down the steps that all paths of a query may take together.
    func query(root: Value, current: Value, steps: inout Int) throws(ValueFailure) -> Value {
        var walk = JSONPathWalk(root: root, stepsLeft: steps)
        defer { steps = walk.stepsLeft }
        let result = try walk.apply(self.segments[...], current)
        guard walk.stepsLeft > 0 else { throw JSONPathWalk.exhausted }
        return result
    }
}
