import CLinux
import Dispatch
import Glibc
package import Logging
import Synchronization

/// Runs pods as processes of this machine, each under an `apus-supervisor` of its own.
///
/// One launcher process forks the supervisors, so that starting a pod costs no copy of this process. All word of them
/// comes over one packet socket; a launcher that dies is replaced with the next pod, and its supervisors are then
/// watched through their pids.
package final class SupervisedProcesses: PodBackend {
    package let messages: AsyncStream<[SupervisorMessage]>
    private let publish: AsyncStream<[SupervisorMessage]>.Continuation
    private let program: String
    private let logger: Logger
    private let queue = DispatchQueue(label: "apus.runner.supervisors")
    private let state: Mutex<State>

    private struct State {
        var socket: Int32?
        /// The socket and the process of each launcher that is not done with.
        var launchers: [Int32: [ReadableDescriptor]] = [:]
        /// Pods of which no end was heard yet, by id, with their supervisors' pids once known.
        var open: [String: Int32?] = [:]
        var watched: [String: ReadableDescriptor] = [:]
        var isClosed = false
    }

    package init(program: String, logger: Logger) {
        self.program = program
        self.logger = logger
        // Bounded by the number of pods: each has at most four messages.
        (self.messages, self.publish) = AsyncStream.makeStream()
        self.state = Mutex(State())
    }

    package func start(_ request: SupervisorRequest) throws(RunnerError) {
        let bytes = try request.encoded()
        let packet = bytes.count <= packetBytes ? bytes : try self.fold(bytes, into: request.folder)
        let socket = try self.socket(for: request.id, replacing: nil)
        if try self.send(packet, to: socket) { return }
        // The launcher has died since the last pod: another takes its place.
        let second = try self.socket(for: request.id, replacing: socket)
        guard try self.send(packet, to: second) else {
            throw RunnerError(.system, "\(self.program) ends as soon as it is started")
        }
    }

    private func socket(for id: String, replacing dead: Int32?) throws(RunnerError) -> Int32 {
        try self.state.withLock { state throws(RunnerError) in
            guard !state.isClosed else { throw RunnerError(.unavailable, "the runner has been shut down") }
            state.open[id] = .some(nil)
            if let socket = state.socket, socket != dead { return socket }
            return try self.startLauncher(&state)
        }
    }

    /// Answers `false` where nobody is there to receive.
    ///
    /// Without the lock: a full socket makes it wait, and what fills it is emptied by who needs the lock.
    private func send(_ packet: [UInt8], to socket: Int32) throws(RunnerError) -> Bool {
        let sent = packet.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if sent == packet.count { return true }
        let cause = errno
        if cause == EPIPE || cause == ECONNRESET { return false }
        throw .system("no supervisor can be asked for", cause)
    }

    /// A request too long for a packet travels as a file.
    private func fold(_ bytes: [UInt8], into folder: String) throws(RunnerError) -> [UInt8] {
        let path = "\(folder).request"
        try HostFiles.write(bytes, to: path)
        return Array("@\(path)".utf8)
    }

    package func watch(_ folder: PodFolder, supervisor: Int32) {
        self.watch(id: folder.id, supervisor: supervisor)
    }

    private func watch(id: String, supervisor: Int32) {
        let process = apus_process_open(supervisor)
        // It has ended meanwhile: its folder says how.
        guard process >= 0 else {
            self.publish.yield([.supervisorEnded(id: id)])
            return
        }
        let end = ReadableDescriptor(process, on: self.queue) { [weak self] in
            guard let self else { return }
            let wasWatched = self.state.withLock { state in
                state.open[id] = nil
                guard let end = state.watched.removeValue(forKey: id) else { return false }
                end.cancel()
                return true
            }
            if wasWatched { self.publish.yield([.supervisorEnded(id: id)]) }
        }
        self.state.withLock { $0.watched.updateValue(end, forKey: id)?.cancel() }
    }

    package func stop(_ folder: PodFolder, supervisor: Int32, graceSeconds: Int) {
        let process = apus_process_open(supervisor)
        guard process >= 0 else { return }
        defer { Glibc.close(process) }
        // Held after the descriptor was opened, the lock says that the pid was not given to another process meanwhile.
        guard folder.isSupervised else { return }
        _ = apus_process_stop(process, Int32(clamping: graceSeconds), folder.id)
    }

    package func close() {
        self.state.withLock { state in
            state.isClosed = true
            // Letting go of the descriptors closes them.
            state.launchers = [:]
            state.watched = [:]
            state.socket = nil
        }
        self.publish.finish()
    }

    /// Called with the lock held.
    private func startLauncher(_ state: inout State) throws(RunnerError) -> Int32 {
        var newSocket: Int32 = -1
        var process: Int32 = -1
        let pid = apus_start_launcher(self.program, &newSocket, &process)
        let socket = newSocket
        guard pid > 0 else { throw .system("\(self.program) cannot be started", errno) }
        self.logger.info("supervisor launcher started", metadata: ["pid": "\(pid)"])
        let words = ReadableDescriptor(socket, on: self.queue) { [weak self] in self?.receive(from: socket) }
        let end = ReadableDescriptor(process, on: self.queue) { [weak self] in
            // A child of ours: without this it would stay a zombie.
            _ = apus_wait(pid)
            self?.launcherEnded(socket)
        }
        state.launchers[socket] = [words, end]
        state.socket = socket
        return socket
    }

    private func receive(from socket: Int32) {
        var batch: [SupervisorMessage] = []
        var hasEnded = false
        withUnsafeTemporaryAllocation(byteCount: wordBytes, alignment: 1) { buffer in
            while batch.count < messageBatch {
                let count = recv(socket, buffer.baseAddress, wordBytes, Int32(MSG_DONTWAIT))
                hasEnded = count == 0
                guard count > 0 else { return }
                let packet = String(decoding: buffer[..<count], as: UTF8.self)
                if let message = SupervisorMessage(packet: packet) { batch.append(message) }
            }
        }
        // Every process at the other end is gone.
        if hasEnded { self.state.withLock { $0.launchers[socket] = nil } }
        guard !batch.isEmpty else { return }
        self.state.withLock { state in
            for message in batch {
                switch message {
                case .started(let id, let supervisor, _): state.open[id] = supervisor
                case .exited(let id, _), .refused(let id, _), .supervisorEnded(let id): state.open[id] = nil
                }
            }
        }
        self.publish.yield(batch)
    }

    /// Its supervisors live on; from here on their pids are watched, and those never heard of are looked for.
    private func launcherEnded(_ socket: Int32) {
        let orphans = self.state.withLock { state in
            if state.socket == socket { state.socket = nil }
            // Its supervisors still speak by the socket; the process is done with.
            if let words = state.launchers[socket]?.first { state.launchers[socket] = [words] }
            return state.isClosed ? [:] : state.open
        }
        guard !orphans.isEmpty else { return }
        self.logger.warning("supervisor launcher ended", metadata: ["pods": "\(orphans.count)"])
        for (id, supervisor) in orphans {
            guard let supervisor else {
                self.publish.yield([.supervisorEnded(id: id)])
                continue
            }
            self.watch(id: id, supervisor: supervisor)
        }
    }
}

/// The largest packet; `APUS_PACKET_BYTES` of the supervisor.
private let packetBytes = 192 * 1_024
/// The longest word of a supervisor; `APUS_WORD_BYTES` of the supervisor.
private let wordBytes = 32 * 1_024
/// Messages taken at one go, so that one busy moment does not hold up the first of them.
private let messageBatch = 64
