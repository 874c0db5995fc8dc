package import JSON

/// The locks a workflow or node must hold while it runs.
package struct Synchronization: ModelObject {
    package var semaphores: [SemaphoreRef] = []
    package var mutexes: [MutexRef] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .list("semaphores", \.semaphores),
        .list("mutexes", \.mutexes),
    ])
}

/// A semaphore, by the config map key or database key that holds its limit.
package struct SemaphoreRef: ModelObject {
    @Boxed package var configMapKeyRef: KeySelector?
    package var namespace: String?
    @Boxed package var database: SyncDatabaseRef?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .boxed("configMapKeyRef", \._configMapKeyRef),
        .text("namespace", \.namespace),
        .boxed("database", \._database),
    ])
}

/// A mutex, by name.
package struct MutexRef: ModelObject {
    package var name: String?
    package var namespace: String?
    package var database = false
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("name", \.name),
        .text("namespace", \.namespace),
        .flag("database", \.database),
    ])
}

/// The database key that holds a semaphore's limit.
package struct SyncDatabaseRef: ModelObject {
    package var key = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("key", \.key)
    ])
}
