/// What becomes of a tag that refers to a variable the scope does not have.
package enum UnresolvedPolicy: Hashable, Sendable {
    /// It stays as it is.
    case allowed
    /// It is an error.
    case refused
    /// It is an error where its name starts with one of these segments, for example `tasks`, and stays otherwise.
    /// Artifacts of other nodes stay in any case: they are resolved on their own.
    case strict([String])

    /// Whether an unknown name is an error, artifacts left aside.
    func refuses(_ name: String) -> Bool {
        switch self {
        case .allowed: return false
        case .refused: return true
        case .strict(let prefixes):
            return prefixes.contains { prefix in
                guard name.utf8.starts(with: prefix.utf8) else { return false }
                let rest = name.utf8.dropFirst(prefix.utf8.count)
                return rest.isEmpty || rest.first == UInt8(ascii: ".")
            }
        }
    }

    func refusesTag(_ name: String) -> Bool {
        guard self.refuses(name) else { return false }
        return self == .refused || !name.containsBytes(".outputs.artifacts.")
    }
}
