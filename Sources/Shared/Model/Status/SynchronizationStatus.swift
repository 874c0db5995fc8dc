package import JSON

/// The locks that a workflow holds and waits for.
package struct SynchronizationStatus: ModelObject {
    @Boxed package var semaphore: SemaphoreStatus?
    @Boxed package var mutex: MutexStatus?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .boxed("semaphore", \._semaphore),
        .boxed("mutex", \._mutex),
    ])
}

/// The semaphores that a workflow holds and waits for.
package struct SemaphoreStatus: ModelObject {
    package var holding: [SemaphoreHolding] = []
    package var waiting: [SemaphoreHolding] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .list("holding", \.holding),
        .list("waiting", \.waiting),
    ])
}

/// A semaphore and the nodes that hold it or wait for it.
package struct SemaphoreHolding: ModelObject {
    package var semaphore: String?
    package var holders: [String] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("semaphore", \.semaphore),
        .list("holders", \.holders),
    ])
}

/// The mutexes that a workflow holds and waits for.
package struct MutexStatus: ModelObject {
    package var holding: [MutexHolding] = []
    package var waiting: [MutexHolding] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .list("holding", \.holding),
        .list("waiting", \.waiting),
    ])
}

/// A mutex and the node that holds it or waits for it.
package struct MutexHolding: ModelObject {
    package var mutex: String?
    package var holder: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("mutex", \.mutex),
        .text("holder", \.holder),
    ])
}
