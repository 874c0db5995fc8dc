/// What is locked: a mutex, a semaphore, or the room for workflows that run at once.
///
/// Its text is what Argo writes into statuses and messages: `namespace/Mutex/name`, `namespace/ConfigMap/name/key`.
/// Whoever needs several locks takes them in their order, so that nobody waits for each other.
package enum LockName: Hashable, Sendable {
    case mutex(namespace: String, name: String)
    /// A semaphore, whose limit is a value of a config map.
    case semaphore(namespace: String, configMap: String, key: String)
    /// The workflows that run at once, of one namespace or of all.
    case parallelism(namespace: String?)

    /// No namespace can be named so.
    private static let everyNamespace = "*"

    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        switch (parts.count, parts.dropFirst().first) {
        case (2, "Parallelism"):
            self = .parallelism(namespace: parts[0] == Self.everyNamespace ? nil : parts[0])
        case (3, "Mutex"): self = .mutex(namespace: parts[0], name: parts[2])
        case (3, "ConfigMap"):
            let names = parts[2].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard names.count == 2 else { return nil }
            self = .semaphore(namespace: parts[0], configMap: String(names[0]), key: String(names[1]))
        default: return nil
        }
    }

    package var isMutex: Bool {
        if case .mutex = self { true } else { false }
    }

    /// Whether a spec names it; room to run is a matter of the installation.
    package var isOfSpec: Bool {
        if case .parallelism = self { false } else { true }
    }
}

extension LockName: CustomStringConvertible {
    package var description: String {
        switch self {
        case .mutex(let namespace, let name): "\(namespace)/Mutex/\(name)"
        case .semaphore(let namespace, let configMap, let key): "\(namespace)/ConfigMap/\(configMap)/\(key)"
        case .parallelism(let namespace): "\(namespace ?? Self.everyNamespace)/Parallelism"
        }
    }
}

extension LockName: Comparable {
    package static func < (left: LockName, right: LockName) -> Bool {
        (left.rank, left.description) < (right.rank, right.description)
    }

    /// Room is taken first: what waits for it keeps nobody else waiting.
    private var rank: Int {
        switch self {
        case .parallelism(.some): 0
        case .parallelism(nil): 1
        case .semaphore, .mutex: 2
        }
    }
}
