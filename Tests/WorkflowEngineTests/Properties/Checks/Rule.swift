/// What the checkers watch over.
enum Rule: String {
    // Nodes.
    case identity, ends, reports, conditions, passing, results, wholeness, hooks, retries
    // Bounds.
    case depth, places, locks, deadlines, shutdown, suspension
    // The whole.
    case starts, progress, completion, recovery, beginningAgain, refusals
}
