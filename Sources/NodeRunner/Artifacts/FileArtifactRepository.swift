import CLinux
import Glibc

/// Artifacts as files and folders below one folder, by key.
///
/// Objects appear whole: they are moved into place.
package struct FileArtifactRepository: Sendable {
    private let root: String

    package init(root: String) { self.root = root }

    /// Where a key's object lies.
    ///
    /// - Throws: `RunnerError` for a key that is empty or leads out of the repository.
    package func path(of key: String) throws(RunnerError) -> String {
        let parts = key.split(separator: "/")
        guard !parts.isEmpty else { throw RunnerError(.invalid, "artifact key \"\(key)\" names nothing") }
        for part in parts where part == ".." || part == "." || part.utf8.contains(0) {
            throw RunnerError(.invalid, "artifact key \"\(key)\" leads out of the repository: remove \"\(part)\"")
        }
        return "\(self.root)/\(parts.joined(separator: "/"))"
    }

    /// Moves a file or a folder into the repository; what was there under the key is replaced.
    package func store(_ source: String, key: String) throws(RunnerError) {
        let target = try self.path(of: key)
        if let slash = target.lastIndex(of: "/") { try HostFiles.makeFolders(String(target[..<slash])) }
        if rename(source, target) == 0 { return }
        let cause = errno
        switch cause {
        case EXDEV:
            let draft = "\(target).draft"
            try HostFiles.copy(source, to: draft)
            try HostFiles.remove(target)
            try HostFiles.move(draft, to: target)
        case ENOTEMPTY, EEXIST, EISDIR, ENOTDIR:
            try HostFiles.remove(target)
            try HostFiles.move(source, to: target)
        default:
            throw .system("\(source) cannot be moved to \(target)", cause)
        }
    }

    /// The object's path, or `nil` where there is none.
    package func find(_ key: String) throws(RunnerError) -> String? {
        let path = try self.path(of: key)
        return HostFiles.kind(of: path) == nil ? nil : path
    }
}
