import JSON
import Model

/// What a machine holds of one node: its row, and what can be told again from the rows alone.
struct NodeEntry: Sendable {
    var row: NodeRow
    var link: NodeLink
    /// The steps or DAG node around it; -1 at the root.
    var boundary: Int
    /// The node whose progress this one's is part of; -1 at the root.
    var up: Int
    var template: CompiledTemplate?
    /// The outputs that the template declares, tags replaced.
    var declared: Outputs?
    var isExit = false
    /// Pods that are done, and all pods, at or below the node.
    var done = 0
    var total = 0
    /// Hooks that were triggered and have not ended.
    var openHooks = 0
    var startedHooks: [String] = []
    /// Whether its site has heard of its end.
    var isOver = false
    /// An error of the engine's own, which also fails what encloses the node.
    var failure: String?
    var isTold = false
    /// Whether its row was there before the machine.
    var isLoaded = false
    var isCounted = false
    var change = Change.none
    /// Small changes since the row was last told.
    var smallChanges = 0

    enum Change: Sendable {
        case none
        /// Progress, or one more child: not told one by one where the row is big.
        case small
        case whole
    }
}

/// Why a node exists: what invoked it, and whom its end concerns.
struct NodeLink: Sendable {
    enum Role: Sendable {
        case none
        case entry
        case group
        case site
        case attempt
        case exitHook
        case hook
        case workflowExit
        case workflowHook
    }

    var role = Role.none
    /// The steps, DAG or retry node, or the node that a hook belongs to; -1 for the workflow.
    var parent = -1
    var site = -1
    /// The place of a loop's item; -1 for what is no item.
    var item = -1
    var hook = ""
}

/// Something that may begin as soon as parallelism and suspension let it.
enum Waiting: Sendable, Hashable {
    case entry
    case site(frame: Int, site: Int, item: Int)
    case attempt(retry: Int)
    case hook(owner: Int, name: String)
    case exitHook(owner: Int)
    case workflowHook(String)
    case workflowExit
    /// A node that holds its locks, or asks for them anew.
    case locked(Int)
}

/// First in, first out, in constant time.
struct FIFO<Element: Sendable>: Sendable {
    private var elements: [Element] = []
    private var head = 0

    var isEmpty: Bool { self.head == self.elements.count }
    var count: Int { self.elements.count - self.head }

    mutating func append(_ element: Element) { self.elements.append(element) }

    mutating func popFirst() -> Element? {
        guard self.head < self.elements.count else { return nil }
        let element = self.elements[self.head]
        self.head += 1
        if self.head > 64, self.head * 2 > self.elements.count {
            self.elements.removeFirst(self.head)
            self.head = 0
        }
        return element
    }

    mutating func removeAll() {
        self.elements = []
        self.head = 0
    }

    var all: ArraySlice<Element> { self.elements[self.head...] }
}
