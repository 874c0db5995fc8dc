/// What a message may cost the one who reads it.
///
/// Depth needs no limit while messages are read: no message may hold itself, which a test holds, so none is deeper than
/// `depth`.
enum MessageLimits {
    /// One message; no smaller than what the transport lets through.
    static let messageBytes = 1024 * 1024 * 1024
    /// Entries of one repeated field.
    static let repeatedEntries = 1_000_000
    /// Messages within messages.
    static let depth = 8

    /// Memory while a message is read, whatever its size.
    private static let leastMemory = 1024 * 1024
    /// Memory for each byte of a message: an empty entry of a list takes two bytes, and becomes a whole struct.
    private static let memoryPerByte = 64
    /// Memory for a message of many small entries; one of few large ones takes a copy of it.
    private static let mostMemory = 512 * 1024 * 1024

    /// Memory that may be used while a message of so many bytes is read.
    static func memory(for bytes: Int) -> Int {
        self.leastMemory + max(bytes, min(self.memoryPerByte * bytes, self.mostMemory))
    }
}
