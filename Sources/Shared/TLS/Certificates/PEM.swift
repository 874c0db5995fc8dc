import COpenSSL

/// Reads and writes the text form of keys, certificates and revocation lists.
enum PEM {
    /// Runs the body with a BIO that reads the bytes.
    ///
    /// - Throws: `TLSError` where OpenSSL has no memory, and what the body throws.
    static func reading<Value>(
        _ bytes: [UInt8], _ body: (OpaquePointer) throws(TLSError) -> Value
    ) throws(TLSError) -> Value {
        guard let source = BIO_new(BIO_s_mem()) else { throw TLSError(.failed, "OpenSSL has no memory left") }
        defer { BIO_free(source) }
        let count = bytes.withUnsafeBytes { BIO_write(source, $0.baseAddress, Int32($0.count)) }
        guard count == bytes.count || bytes.isEmpty else { throw TLSError(.failed, "OpenSSL has no memory left") }
        return try body(source)
    }

    /// What the body writes into a BIO.
    static func writing(_ body: (OpaquePointer) -> Int32) throws(TLSError) -> [UInt8] {
        guard let target = BIO_new(BIO_s_mem()) else { throw TLSError(.failed, "OpenSSL has no memory left") }
        defer { BIO_free(target) }
        OpenSSLFailure.clear()
        guard body(target) == 1 else {
            throw TLSError(.failed, "OpenSSL cannot write PEM: \(OpenSSLFailure.take().text)")
        }
        var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(target))
        let count = bytes.withUnsafeMutableBytes { BIO_read(target, $0.baseAddress, Int32($0.count)) }
        return Array(bytes.prefix(max(0, Int(count))))
    }

    /// Reads one block after the other until there are no more.
    ///
    /// - Throws: `TLSError.malformed` for a damaged block, or where there is none.
    static func blocks<Value>(
        _ bytes: [UInt8], of kind: String, in name: String, _ next: (OpaquePointer) -> Value?
    ) throws(TLSError) -> [Value] {
        try self.reading(bytes) { source throws(TLSError) in
            var found: [Value] = []
            OpenSSLFailure.clear()
            while let value = next(source) { found.append(value) }
            let failure = OpenSSLFailure.take()
            guard failure.reason == PEM_R_NO_START_LINE else {
                throw TLSError(.malformed, "\(name) holds a damaged \(kind): \(failure.text)")
            }
            guard !found.isEmpty else {
                throw TLSError(
                    .malformed, "\(name) holds no \(kind) in PEM form (\"-----BEGIN\"); was another file meant?")
            }
            return found
        }
    }
}
