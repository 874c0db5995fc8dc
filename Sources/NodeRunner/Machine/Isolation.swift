/// How far pods are kept from the machine and from each other.
package enum Isolation: String, Sendable, CaseIterable {
    /// Own user, mount, pid, ipc and host name namespaces; a copy-on-write view of the host's files; a private `/tmp`.
    case sandbox
    /// A process of this machine like any other.
    case none
}
