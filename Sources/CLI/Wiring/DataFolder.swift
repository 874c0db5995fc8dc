import Glibc

/// Where this machine keeps what Apus stores, and where its programs are.
enum DataFolder {
    /// `$XDG_DATA_HOME/apus`, or `~/.local/share/apus`.
    ///
    /// - Throws: `CommandFailure` where there is no home either.
    static func standard(_ console: Console) throws(CommandFailure) -> String {
        if let folder = console.variable("XDG_DATA_HOME"), folder.hasPrefix("/") { return "\(folder)/apus" }
        guard let home = console.variable("HOME") else {
            throw CommandFailure("no data folder: neither XDG_DATA_HOME nor HOME is set; give one with --data-dir")
        }
        return "\(home)/.local/share/apus"
    }

    /// A new folder of this process's own.
    static func temporary(_ console: Console) throws(CommandFailure) -> String {
        let parent = console.variable("TMPDIR") ?? "/tmp"
        var template = Array("\(parent)/apus-run-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFailure("no temporary folder can be made in \(parent): \(Descriptor.reason())", exitCode: 2)
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes a folder and all that is in it; answers whether all is gone.
    static func remove(_ path: String) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else { return errno == ENOENT }
        guard status.st_mode & S_IFMT == S_IFDIR else { return unlink(path) == 0 }
        // A pod may have made folders that cannot be entered.
        chmod(path, 0o700)
        let areGone = Descriptor.names(in: path).map { self.remove("\(path)/\($0)") }.allSatisfy { $0 }
        return areGone && rmdir(path) == 0
    }

    /// The program that watches over a pod: named by `APUS_SUPERVISOR`, or beside this program.
    static func supervisor(_ console: Console) throws(CommandFailure) -> String {
        if let path = console.variable("APUS_SUPERVISOR") { return path }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else {
            throw CommandFailure("this program's own place cannot be found: \(Descriptor.reason())")
        }
        let program = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let path = program.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/apus-supervisor"
        guard access(path, X_OK) == 0 else {
            throw CommandFailure(
                "\(path) is missing: it is built and installed together with apus; name another with APUS_SUPERVISOR")
        }
        return path
    }

    static var hostName: String {
        var names = utsname()
        guard uname(&names) == 0 else { return "localhost" }
        return withUnsafeBytes(of: &names.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
