import CPostgres
import Glibc

/// A connection of libpq: the one place where its pointer is touched.
// SAFETY: `init` makes it on one thread and gives it to the driver's, which alone calls it from then on.
final class PostgresHandle: @unchecked Sendable {
    enum Polling { case reading, writing, connected, failed }

    enum Answer {
        /// What a statement answered; each is followed by `end`.
        case result(PostgresResult)
        case refused(PostgresError)
        /// A statement before it was refused: this one was not looked at.
        case skipped
        case end
        /// Everything up to the sync is done.
        case sync
    }

    private let handle: OpaquePointer

    /// Begins to connect.
    ///
    /// Waits for name resolution, and for nothing else.
    init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        try Self.check(configuration.connection)
        // Later pairs override earlier ones; with `expand_dbname` the connection string stands in for `dbname`.
        let pairs = [
            ("tcp_user_timeout", "\(Int(configuration.silenceLimit / .milliseconds(1)))"),
            ("keepalives_idle", "\(Int(configuration.keepaliveInterval / .seconds(1)))"), ("keepalives_interval", "1"),
            ("dbname", configuration.connection), ("fallback_application_name", configuration.applicationName),
            ("client_encoding", "UTF8"),
        ]
        let handle = withCStrings(pairs.map(\.0)) { keys in
            withCStrings(pairs.map(\.1)) { values in PQconnectStartParams(keys, values, 1) }
        }
        guard let handle else { throw PostgresError(.unreachable, "libpq has no memory left") }
        self.handle = handle
        // Notices are for people at a prompt.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        guard PQstatus(handle) != CONNECTION_BAD else {
            throw PostgresError(.unreachable, Self.message(handle))
        }
    }

    deinit { PQfinish(self.handle) }

    /// Refuses a connection string that libpq cannot read, before anything is tried.
    static func check(_ connection: String) throws(PostgresError) {
        var reason: UnsafeMutablePointer<CChar>?
        let options = PQconninfoParse(connection, &reason)
        defer {
            PQconninfoFree(options)
            PQfreemem(reason)
        }
        guard options == nil else { return }
        let text = reason.map { String(cString: $0) } ?? "no memory left"
        throw PostgresError(.invalidConfiguration, text.trimmingNewlines)
    }

    // MARK: Connecting

    /// How long the connection string lets it take, where it says so; libpq itself keeps to it only when it waits.
    var connectTimeout: Duration? {
        guard let options = PQconninfo(self.handle) else { return nil }
        defer { PQconninfoFree(options) }
        var option = options
        while let keyword = option.pointee.keyword {
            if String(cString: keyword) == "connect_timeout", let value = option.pointee.val {
                return Int(String(cString: value)).flatMap { $0 > 0 ? .seconds($0) : nil }
            }
            option += 1
        }
        return nil
    }

    func poll() -> Polling {
        switch PQconnectPoll(self.handle) {
        case PGRES_POLLING_READING: .reading
        case PGRES_POLLING_WRITING: .writing
        case PGRES_POLLING_OK: .connected
        default: .failed
        }
    }

    /// From here on statements are sent without waiting for answers.
    func enterPipeline() -> Bool { PQsetnonblocking(self.handle, 1) == 0 && PQenterPipelineMode(self.handle) == 1 }

    var descriptor: Int32 { PQsocket(self.handle) }
    var isBroken: Bool { PQstatus(self.handle) == CONNECTION_BAD }
    /// As 150003 for 15.3.
    var serverVersion: Int { Int(PQserverVersion(self.handle)) }
    var processID: Int32 { PQbackendPID(self.handle) }
    var message: String { Self.message(self.handle) }
    /// Whether a transaction has begun and not ended.
    var isInTransaction: Bool { PQtransactionStatus(self.handle) != PQTRANS_IDLE }

    private static func message(_ handle: OpaquePointer) -> String {
        String(cString: PQerrorMessage(handle)).trimmingNewlines
    }

    // MARK: Sending

    func prepare(_ name: String, _ statement: PostgresStatement) -> Bool {
        let types = statement.values.map(\.type)
        return PQsendPrepare(self.handle, name, statement.sql, Int32(types.count), types) == 1
    }

    func send(_ statement: PostgresStatement, prepared name: String?) -> Bool {
        let encoded = statement.values.map(\.encoded)
        let lengths = encoded.map { Int32($0?.count ?? 0) }
        let formats = [Int32](repeating: 1, count: encoded.count)
        return withBytes(encoded) { values in
            let count = Int32(encoded.count)
            guard let name else {
                let types = statement.values.map(\.type)
                return PQsendQueryParams(
                    self.handle, statement.sql, count, types, values, lengths, formats, 1) == 1
            }
            return PQsendQueryPrepared(self.handle, name, count, values, lengths, formats, 1) == 1
        }
    }

    func sync() -> Bool { PQpipelineSync(self.handle) == 1 }

    enum Flushing { case done, waiting, failed }

    func flush() -> Flushing {
        switch PQflush(self.handle) {
        case 0: .done
        case 1: .waiting
        default: .failed
        }
    }

    // MARK: Receiving

    /// Takes what has come; `false` where the connection has ended.
    func consume() -> Bool { PQconsumeInput(self.handle) == 1 }

    /// The next answer, where one has come whole.
    ///
    /// To be asked only while a sync is still to come: without one, nothing would look like `end`.
    func answer() -> Answer? {
        guard PQisBusy(self.handle) == 0 else { return nil }
        guard let result = PQgetResult(self.handle) else { return .end }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK: return .result(PostgresResult(result))
        case PGRES_PIPELINE_SYNC:
            PQclear(result)
            return .sync
        case PGRES_PIPELINE_ABORTED:
            PQclear(result)
            return .skipped
        default:
            defer { PQclear(result) }
            return .refused(PostgresError(refusal: result))
        }
    }

    /// The next message of a channel that was listened to.
    func notification() -> PostgresNotification? {
        guard let raw = PQnotifies(self.handle) else { return nil }
        defer { PQfreemem(raw) }
        return PostgresNotification(
            channel: String(cString: raw.pointee.relname), payload: String(cString: raw.pointee.extra),
            processID: raw.pointee.be_pid)
    }

    /// What asks the server, on a connection of its own, to end what it does for this one.
    func cancellation() -> PostgresCancellation? { PQgetCancel(self.handle).map { PostgresCancellation($0) } }
}

/// Asks the server to end what it does for a connection.
// SAFETY: libpq never changes it once it was made, and says that any thread may use it.
final class PostgresCancellation: @unchecked Sendable {
    private let handle: OpaquePointer

    fileprivate init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { PQfreeCancel(self.handle) }

    /// Waits until the server has taken the request.
    ///
    /// That it was refused shows in the answers that come nevertheless.
    func send() {
        var reason = [CChar](repeating: 0, count: 256)
        _ = PQcancel(self.handle, &reason, Int32(reason.count))
    }
}

/// A message of `NOTIFY`.
package struct PostgresNotification: Sendable, Hashable {
    package var channel: String
    package var payload: String
    /// The server's process that sent it.
    package var processID: Int32
}

extension PostgresError {
    fileprivate init(refusal result: OpaquePointer) {
        func field(_ code: UnicodeScalar) -> String? {
            PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
        }
        let state = field("C")
        let text = field("M") ?? String(cString: PQresultErrorMessage(result)).trimmingNewlines
        self.init(state == "57014" ? .timeout : .refused, text)
        self.state = state
        self.severity = field("V")
        self.detail = field("D")
        self.hint = field("H")
        self.constraint = field("n")
    }
}

extension String {
    fileprivate var trimmingNewlines: String {
        self.split(separator: "\n", omittingEmptySubsequences: true).joined(separator: "; ")
    }
}

/// Calls `body` with an array of C strings that ends with a null pointer.
private func withCStrings<Value>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Value
) -> Value {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    let pointers = copies.map { copy in copy.map { UnsafePointer<CChar>($0) } } + [nil]
    return pointers.withUnsafeBufferPointer { buffer in
        guard let start = buffer.baseAddress else { preconditionFailure("an array that is not empty has an address") }
        return body(start)
    }
}

/// Calls `body` with pointers to the values, which lie one after another in one buffer; a null pointer is NULL.
private func withBytes<Value>(
    _ values: [[UInt8]?], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Value
) -> Value {
    // Never empty: an empty value needs an address, or it would be NULL.
    var buffer: [UInt8] = [0]
    buffer.reserveCapacity(values.reduce(1) { $0 + ($1?.count ?? 0) })
    var offsets: [Int?] = []
    for value in values {
        offsets.append(value == nil ? nil : buffer.count)
        if let value { buffer += value }
    }
    return buffer.withUnsafeBytes { bytes in
        let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        // A last value that is empty points behind the buffer's end, where nothing is read.
        let pointers = offsets.map { offset in offset.flatMap { offset in start.map { $0 + offset } } }
        return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
