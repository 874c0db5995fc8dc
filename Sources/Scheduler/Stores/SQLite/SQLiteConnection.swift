import CSQLite

/// A connection to a SQLite database: the one place where SQLite's pointers are touched.
///
/// Not safe for concurrent use: a `SQLiteLane` keeps each connection to one queue. Statements are compiled once and
/// kept.
final class SQLiteConnection {
    enum Access { case readWrite, readOnly }

    /// How long a statement waits for another connection's lock.
    private static let busyTimeoutMilliseconds: Int32 = 10_000

    private let handle: OpaquePointer
    private var statements: [String: SQLiteStatement] = [:]

    init(path: String, access: Access) throws(StoreError) {
        let mode = access == .readWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY
        var opened: OpaquePointer?
        let result = sqlite3_open_v2(path, &opened, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard result == SQLITE_OK, let opened else {
            let error = StoreError(sqlite: result, message: opened.map(SQLiteConnection.message) ?? "", path: path)
            if let opened { sqlite3_close_v2(opened) }
            throw error
        }
        self.handle = opened
        sqlite3_busy_timeout(opened, SQLiteConnection.busyTimeoutMilliseconds)
    }

    deinit {
        self.statements.removeAll()
        sqlite3_close_v2(self.handle)
    }

    /// The compiled statement of `sql`, reset and without bindings.
    func statement(_ sql: String) throws(StoreError) -> SQLiteStatement {
        if let known = self.statements[sql] {
            known.reset()
            return known
        }
        var compiled: OpaquePointer?
        let result = sqlite3_prepare_v3(self.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
        guard result == SQLITE_OK, let compiled else { throw self.error(result) }
        let statement = SQLiteStatement(compiled, of: self)
        self.statements[sql] = statement
        return statement
    }

    /// Runs statements that take no values and answer nothing.
    func execute(_ sql: String) throws(StoreError) {
        let result = sqlite3_exec(self.handle, sql, nil, nil, nil)
        guard result == SQLITE_OK else { throw self.error(result) }
    }

    /// Runs a statement that answers nothing.
    func run(_ sql: String, _ values: SQLiteValue...) throws(StoreError) {
        let statement = try self.statement(sql)
        try statement.bind(values)
        try statement.finish()
    }

    /// The first column of the first row, as an integer.
    func integer(_ sql: String, _ values: SQLiteValue...) throws(StoreError) -> Int64? {
        let statement = try self.statement(sql)
        try statement.bind(values)
        defer { statement.reset() }
        return try statement.step() ? statement.optionalInteger(0) : nil
    }

    /// Runs `body` in a transaction, which is undone where it throws.
    func transaction<Value>(_ body: () throws(StoreError) -> Value) throws(StoreError) -> Value {
        try self.execute("BEGIN IMMEDIATE")
        do {
            let value = try body()
            try self.execute("COMMIT")
            return value
        } catch {
            self.rollback()
            throw error
        }
    }

    /// Undoes the running transaction.
    func rollback() {
        // Some failures (a full disk, for one) have ended the transaction already: then there is nothing to undo.
        guard sqlite3_get_autocommit(self.handle) == 0 else { return }
        for statement in self.statements.values { statement.reset() }
        sqlite3_exec(self.handle, "ROLLBACK", nil, nil, nil)
    }

    fileprivate func error(_ result: Int32) -> StoreError {
        StoreError(
            sqlite: result, message: SQLiteConnection.message(self.handle),
            path: sqlite3_db_filename(self.handle, "main").map { String(cString: $0) } ?? "")
    }

    private static func message(_ handle: OpaquePointer) -> String { String(cString: sqlite3_errmsg(handle)) }
}

/// A value that a statement is given.
enum SQLiteValue {
    case null
    case integer(Int64)
    case text(String)

    static func integer(_ number: Int) -> SQLiteValue { .integer(Int64(number)) }
    static func optional(_ number: Int64?) -> SQLiteValue { number.map { .integer($0) } ?? .null }
    static func optional(_ text: String?) -> SQLiteValue { text.map { .text($0) } ?? .null }
}

/// A compiled statement.
///
/// It belongs to the connection that compiled it, and is used as that is.
final class SQLiteStatement {
    /// SQLite copies what it is given before the call returns.
    private static var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    private let handle: OpaquePointer
    private unowned let connection: SQLiteConnection

    fileprivate init(_ handle: OpaquePointer, of connection: SQLiteConnection) {
        self.handle = handle
        self.connection = connection
    }

    deinit { sqlite3_finalize(self.handle) }

    func bind(_ values: [SQLiteValue]) throws(StoreError) {
        for (index, value) in values.enumerated() { try self.bind(index + 1, value) }
    }

    /// Binds the parameter `index`, from 1.
    func bind(_ index: Int, _ value: SQLiteValue) throws(StoreError) {
        let place = Int32(index)
        let result: Int32
        switch value {
        case .null: result = sqlite3_bind_null(self.handle, place)
        case .integer(let number): result = sqlite3_bind_int64(self.handle, place, number)
        case .text(var text):
            result = text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) { characters in
                    // An empty buffer may have no address; a null address would bind NULL.
                    guard let start = characters.baseAddress else {
                        return sqlite3_bind_text(self.handle, place, "", 0, SQLiteStatement.transient)
                    }
                    return sqlite3_bind_text64(
                        self.handle, place, start, UInt64(characters.count), SQLiteStatement.transient,
                        UInt8(SQLITE_UTF8))
                }
            }
        }
        guard result == SQLITE_OK else { throw self.connection.error(result) }
    }

    /// Moves to the next row; `false` where there is none.
    func step() throws(StoreError) -> Bool {
        switch sqlite3_step(self.handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let result:
            let error = self.connection.error(result)
            self.reset()
            throw error
        }
    }

    /// Runs to the end, for statements that answer nothing, and makes ready for the next use.
    func finish() throws(StoreError) {
        while try self.step() {}
        self.reset()
    }

    func reset() {
        sqlite3_reset(self.handle)
        sqlite3_clear_bindings(self.handle)
    }

    func integer(_ column: Int) -> Int64 { sqlite3_column_int64(self.handle, Int32(column)) }

    func optionalInteger(_ column: Int) -> Int64? {
        sqlite3_column_type(self.handle, Int32(column)) == SQLITE_NULL ? nil : self.integer(column)
    }

    func text(_ column: Int) -> String {
        guard let start = sqlite3_column_text(self.handle, Int32(column)) else { return "" }
        let count = Int(sqlite3_column_bytes(self.handle, Int32(column)))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }
}

extension StoreError {
    init(sqlite result: Int32, message: String, path: String) {
        switch result & 0xFF {
        case SQLITE_FULL:
            self.init(.full, "the disk of \(path) is full: free some space; nothing acknowledged is lost")
        case SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM:
            self.init(.unwritable, "cannot write \(path): \(message); check that the folder exists and who owns it")
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            self.init(.corrupt, "\(path) is damaged or no database (\(message)): restore it from a copy")
        case SQLITE_IOERR:
            self.init(.failed, "reading or writing \(path) failed: \(message) (\(result))")
        case SQLITE_CONSTRAINT:
            self.init(.conflict, "\(message)")
        default:
            self.init(.failed, "\(path): \(message) (\(result))")
        }
    }
}
