package import Model

/// Puts a pod's input artifacts and script into its `inputs` folder.
package struct InputArtifacts: Sendable {
    private let repository: FileArtifactRepository

    package init(repository: FileArtifactRepository) { self.repository = repository }

    /// Where the artifact of an index lies until it is placed in the pod.
    package static func place(_ index: Int, in folder: PodFolder) -> String { "\(folder.inputs)/a\(index)" }

    /// Where an artifact of the repository is read.
    package enum Origin: Sendable, Hashable {
        /// A file or a folder that was fetched from another runner; it is removed once it is read.
        case fetched(String)
        /// It is nowhere; the runner that ought to have it, where one is known.
        case absent(from: String?)
    }

    /// Empties the pod's folder of inputs: what an earlier try left behind is of no use.
    ///
    /// Blocks.
    package func empty(_ folder: PodFolder) throws(RunnerError) {
        try HostFiles.remove(folder.inputs)
        try HostFiles.makeFolders(folder.inputs)
    }

    /// Prepares everything, in the folder that was emptied.
    ///
    /// Blocks. Answers the places of optional artifacts that are not there.
    ///
    /// - Throws: `RunnerError` in the words of Argo's init container.
    ///
    /// - Parameter origins: Artifacts, by their place in the launch, that are not read from this runner's repository.
    package func prepare(
        _ launch: PodLaunch, in folder: PodFolder, from origins: [Int: Origin] = [:]
    ) throws(RunnerError) -> Set<String> {
        if let source = launch.source {
            try HostFiles.write(Array(source.utf8), to: "\(folder.inputs)/script", mode: 0o755)
        }
        var absent: Set<String> = []
        for (index, artifact) in launch.inputArtifacts.enumerated() {
            guard artifact.path?.isEmpty == false else { continue }
            let place = Self.place(index, in: folder)
            guard try self.load(artifact, from: origins[index], to: place) else {
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
    private func load(_ artifact: Artifact, from origin: Origin?, to place: String) throws(RunnerError) -> Bool {
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
        guard let object = try self.find(key, of: artifact, from: origin) else {
            if artifact.optional { return false }
            var message = "artifact \(artifact.name) failed to load: no object \"\(key)\" in the repository"
            if case .absent(let runner?) = origin { message += " of runner \"\(runner)\", which has made it" }
            throw RunnerError(.notFound, message)
        }
        do {
            try self.unpack(object, archive: artifact.archive, to: place)
        } catch {
            throw RunnerError(error.code, "artifact \(artifact.name) failed to load: \(error.message)")
        }
        if case .fetched(let path) = origin { try HostFiles.remove(path) }
        return true
    }

    private func find(_ key: String, of artifact: Artifact, from origin: Origin?) throws(RunnerError) -> String? {
        switch origin {
        case .fetched(let path): path
        case .absent: nil
        case nil: try self.repository.find(Self.wholeKey(key, of: artifact))
        }
    }

    /// The key of what is meant: a part of the object, where the artifact says so.
    static func wholeKey(_ key: String, of artifact: Artifact) -> String {
        guard let subPath = artifact.subPath, !subPath.isEmpty, !key.hasSuffix("/\(subPath)") else { return key }
        return "\(key)/\(subPath)"
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
