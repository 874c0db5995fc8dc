/// How much one expression may cost.
///
/// An expression is somebody's input: without limits a line of text could hold up every workflow of a shard.
package struct ExpressionLimits: Sendable {
    /// How deep an expression may nest; the parser and the evaluator recurse this far.
    package var depth: Int
    /// How many nodes an expression may have.
    package var nodes: Int
    /// How many evaluation steps one run may take.
    package var steps: Int
    /// How many elements and bytes one run may build, in the units of expr-lang's memory budget.
    package var memory: Int

    package init(depth: Int = 250, nodes: Int = 10_000, steps: Int = 1_000_000, memory: Int = 4_000_000) {
        self.depth = depth
        self.nodes = nodes
        self.steps = steps
        self.memory = memory
    }

    package static let standard = ExpressionLimits()
    /// How deep arrays and maps may hold one another; destroying them recurses this far.
    package static let valueDepthMax = 600
    /// How many elements a range such as `1..n` may have; expr-lang's own budget.
    package static let rangeElementsMax = 1_000_000
    /// How many times `repeat` may repeat; expr-lang's own limit.
    package static let repetitionsMax = 1_000_000
}
