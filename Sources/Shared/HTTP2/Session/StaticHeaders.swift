import CNghttp2

/// Headers known when the program was written, which are sent without being copied.
// SAFETY: the entries point into static strings, which live as long as the process, and are never written to.
struct StaticHeaders: @unchecked Sendable {
    let entries: [nghttp2_nv]

    init(_ headers: KeyValuePairs<StaticString, StaticString>) {
        let flags = UInt8(NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue)
        self.entries = headers.map { name, value in
            precondition(name.hasPointerRepresentation && value.hasPointerRepresentation)
            return nghttp2_nv(
                name: UnsafeMutablePointer(mutating: name.utf8Start),
                value: UnsafeMutablePointer(mutating: value.utf8Start), namelen: name.utf8CodeUnitCount,
                valuelen: value.utf8CodeUnitCount, flags: flags)
        }
    }
}

extension HeaderBlock {
    /// Lends the headers in the library's form.
    func withEntries<Result>(_ body: (UnsafePointer<nghttp2_nv>?, Int) throws -> Result) rethrows -> Result {
        try self.withBytes { bytes, places in
            // SAFETY: the library reads names and values before the call that is lent them returns; it does not write.
            let start = UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
            let entries = places.map { place in
                nghttp2_nv(
                    name: start?.advanced(by: place.start), value: start?.advanced(by: place.start + place.name),
                    namelen: place.name, valuelen: place.value, flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue))
            }
            return try entries.withUnsafeBufferPointer { try body($0.baseAddress, $0.count) }
        }
    }
}
