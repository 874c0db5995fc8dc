/// What a lock's home says to one who asked for the lock.
package struct LockNotice: Sendable, Hashable {
    package enum State: String, NamedValue {
        case waiting = "Waiting"
        case granted = "Granted"
        /// The lock cannot be had; the message says why.
        case refused = "Refused"
    }

    package var lock = ""
    package var holder = PodIdentity()
    package var workflow = ""
    package var namespace = ""
    package var state = State.waiting
    /// How many more could hold it, and how many at most.
    package var free = 0
    package var limit = 0
    /// Who holds it, as statuses name them.
    package var holders: [String] = []
    package var message: String?

    package init() {}

    package init(_ state: State, of request: LockRequest) {
        self.lock = request.lock
        self.holder = request.holder
        self.workflow = request.workflow
        self.namespace = request.namespace
        self.state = state
    }
}
