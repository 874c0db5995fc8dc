/// Where PostgreSQL is, as libpq reads it.
enum StoreAddress {
    /// - Throws: `CommandFailure` for what is neither a URL nor `key=value` pairs.
    static func checked(_ text: String, named name: String) throws(CommandFailure) -> String {
        let schemes = ["postgres://", "postgresql://"]
        // What follows a scheme may hold a password: it is for libpq to judge, and not repeated.
        guard schemes.contains(where: text.hasPrefix) || text.contains("=") else {
            throw CommandFailure(
                "invalid \(name) \"\(text)\": as postgres://user@host/name, or key=value pairs that libpq reads")
        }
        return text
    }
}
