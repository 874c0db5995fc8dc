package import Model

/// Puts a pod's input artifacts and script into its `inputs` folder.
package struct InputArtifacts: Sendable {
    private let repository: FileArtifactRepository

    package init(repository: FileArtifactRepository) { self.repository = repository }

    /// Where the artifact of an index lies until it is placed in the pod.
    package static func place(_ index: Int, in folder: PodFolder) -> String { "\(folder.inputs)/a\(index)" }

    /// Prepares everything.
    ///
    /// Blocks. Answers the places of optional artifacts that are not there.
    ///
    /// - Throws: `RunnerError` in the words of Argo's init container.
    package func prepare(_ launch: PodLaunch, in folder: PodFolder) throws(RunnerError) -> Set<String> {
        // What an earlier try left behind is of no use.
        try HostFiles.remove(folder.inputs)
        try HostFiles.makeFolders(folder.inputs)
        if let source = launch.source {
            try HostFiles.write(Array(source.utf8), to: "\(folder.inputs)/script", mode: 0o755)
        }
        var absent: Set<String> = []
        for (index, artifact) in launch.inputArtifacts.enumerated() {
            guard artifact.path?.isEmpty == false else { continue }
            let place = Self.place(index, in: folder)
            guard try self.load(artifact, to: place) else {
                absent.insert(place)
                continue
            }
            if let mode = artifact.mode {
                try HostFiles.setMode(
                    UInt32(truncatingIfNeeded: mode) & 0o7777, of: place, recursively: artifact.recurseMode)
            }
        }
        return absent
    }

    /// Answers `false` for an optional artifact that is not there.
    private func load(_ artifact: Artifact, to place: String) throws(RunnerError) -> Bool {
        if let raw = artifact.location.raw {
            try HostFiles.write(Array(raw.data.utf8), to: place, mode: HostFiles.podFile)
            return true
        }
        guard let key = artifact.location.s3?.key, !key.isEmpty else {
            if let kind = self.otherLocation(of: artifact) {
                throw RunnerError(
                    .invalid, "artifact \(artifact.name) failed to load: \(kind) locations are not read by this backend"
                )
            }
            if artifact.optional { return false }
            throw RunnerError(.notFound, "required artifact '\(artifact.name)' not supplied")
        }
        guard let object = try self.find(key, subPath: artifact.subPath) else {
            if artifact.optional { return false }
            throw RunnerError(
                .notFound, "artifact \(artifact.name) failed to load: no object \"\(key)\" in the repository")
        }
        do {
            try self.unpack(object, archive: artifact.archive, to: place)
        } catch {
            throw RunnerError(error.code, "artifact \(artifact.name) failed to load: \(error.message)")
        }
        return true
    }

    private func find(_ key: String, subPath: String?) throws(RunnerError) -> String? {
        if let subPath, !subPath.isEmpty, !key.hasSuffix("/\(subPath)") {
            return try self.repository.find("\(key)/\(subPath)")
        }
        return try self.repository.find(key)
    }

    private func otherLocation(of artifact: Artifact) -> String? {
        let location = artifact.location
        if location.git != nil { return "git" }
        if location.http != nil { return "http" }
        if location.artifactory != nil { return "artifactory" }
        if location.hdfs != nil { return "hdfs" }
        if location.oss != nil { return "oss" }
        if location.gcs != nil { return "gcs" }
        if location.azure != nil { return "azure" }
        return location.plugin == nil ? nil : "plugin"
    }

    /// As Argo does: an archive where the artifact says so, or where it looks like a compressed tar file.
    private func unpack(_ object: String, archive: ArchiveStrategy?, to place: String) throws(RunnerError) {
        if archive?.zip != nil {
            guard try Archives.unpack(object, as: .zip, to: place) == .unpacked else {
                throw RunnerError(.invalid, "it is no zip file")
            }
            return
        }
        var isTar = archive?.none == nil && HostFiles.kind(of: object) == .file
        if isTar && archive?.tar == nil { isTar = try HostFiles.beginsLikeGzip(object) }
        if isTar {
            if try Archives.unpack(object, as: .tar, to: place) == .unpacked { return }
            if archive?.tar != nil { throw RunnerError(.invalid, "it is no tar file") }
        }
        try HostFiles.copy(object, to: place)
    }
}
