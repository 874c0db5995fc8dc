import Glibc

/// Packs and unpacks by the system's `tar`, `gzip`, `zip` and `unzip`.
///
/// They are on every Debian machine (`tar` and `gzip` are required packages), stream, keep sparse files, links and
/// rights, and have long refused members that lead out of the folder (`..`, absolute names, links planted to be written
/// through). Artifacts cost one process each, which is little beside the command that made them.
package enum Archives {
    package enum Format: Sendable {
        case tar, zip
    }

    /// What unpacking came to.
    package enum Outcome: Sendable, Hashable {
        case unpacked
        /// The file is no archive of the format.
        case noArchive
    }

    /// Unpacks into a folder of its own and puts what was in it at `target`: the one member itself, where there is
    /// only one, and else the folder.
    ///
    /// Blocks.
    package static func unpack(_ archive: String, as format: Format, to target: String) throws(RunnerError) -> Outcome {
        let folder = "\(target).members"
        try HostFiles.remove(folder)
        try HostFiles.makeFolder(folder, mode: HostFiles.podFolder)
        let result: HostProgram.Result
        switch format {
        case .tar:
            result = try HostProgram.run(
                try self.find("tar"),
                [
                    "-x", "-f", archive, "-C", folder, "--no-same-owner", "--no-same-permissions",
                    "--delay-directory-restore",
                ])
        case .zip:
            result = try HostProgram.run(try self.find("unzip"), ["-q", "-o", archive, "-d", folder])
        }
        guard result.exitCode == 0 else {
            try HostFiles.remove(folder)
            if self.saysNoArchive(result.output) { return .noArchive }
            throw .program("the archive cannot be unpacked", said: self.firstLine(of: result))
        }
        let names = HostFiles.names(in: folder)
        guard names.count == 1 else {
            try HostFiles.move(folder, to: target)
            return .unpacked
        }
        try HostFiles.move("\(folder)/\(names[0])", to: target)
        try HostFiles.remove(folder)
        return .unpacked
    }

    /// Packs a file or a folder as zip, under its own name.
    ///
    /// Blocks.
    package static func zip(_ source: String, to target: String) throws(RunnerError) {
        let program = try self.find("zip")
        let slash = source.lastIndex(of: "/") ?? source.startIndex
        let place = String(source[..<slash])
        let name = String(source[source.index(after: slash)...])
        let result = try HostProgram.run(
            "/bin/sh", ["-c", "cd \"$1\" && exec \"$2\" -qry \"$3\" \"$4\"", "sh", place, program, target, name])
        guard result.exitCode == 0 else {
            throw .program("\(source) cannot be packed", said: self.firstLine(of: result))
        }
        try HostFiles.setMode(HostFiles.privateFile, of: target, recursively: false)
    }

    /// Packs a folder as tar without compression, under its own name; where that fails, nothing is left.
    ///
    /// Blocks.
    package static func tar(_ folder: String, to target: String) throws(RunnerError) {
        let slash = folder.lastIndex(of: "/") ?? folder.startIndex
        let result = try HostProgram.run(
            try self.find("tar"),
            ["-c", "-f", target, "-C", String(folder[..<slash]), "--", String(folder[folder.index(after: slash)...])])
        guard result.exitCode != 0 else { return }
        try HostFiles.remove(target)
        throw .program("\(folder) cannot be packed", said: self.firstLine(of: result))
    }

    private static func find(_ name: String) throws(RunnerError) -> String {
        for folder in ["/usr/local/bin", "/usr/bin", "/bin"] where access("\(folder)/\(name)", X_OK) == 0 {
            return "\(folder)/\(name)"
        }
        throw RunnerError(.system, "no \(name) on this machine: install the package \"\(name)\"")
    }

    private static func saysNoArchive(_ output: String) -> Bool {
        output.contains("does not look like a tar archive")
            || output.contains("End-of-central-directory signature not found")
    }

    private static func firstLine(of result: HostProgram.Result) -> String {
        result.output.split(separator: "\n").first.map(String.init) ?? "exit code \(result.exitCode)"
    }
}
