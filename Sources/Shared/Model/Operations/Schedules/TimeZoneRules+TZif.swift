extension TimeZoneRules {
    /// Why bytes are no time zone file.
    package struct MalformedFile: Error, Hashable, CustomStringConvertible {
        package var description: String
    }

    /// Reads a compiled time zone file (RFC 8536), of any version.
    ///
    /// - Throws: ``MalformedFile``, which says what is wrong at which byte.
    package init(tzif bytes: [UInt8]) throws(MalformedFile) {
        var reader = TZifReader(bytes: bytes)
        let header = try reader.header()
        guard header.version >= UInt8(ascii: "2") else {
            self = try reader.rules(header, timeSize: 4)
            return
        }
        // The first block repeats what fits into 32 bits, for old readers; the second one holds everything.
        try reader.skip(header.blockSize(timeSize: 4))
        let wide = try reader.header()
        self = try reader.rules(wide, timeSize: 8)
    }
}

/// Reads the big-endian blocks of a time zone file.
private struct TZifReader {
    struct Header {
        var version: UInt8
        var utcCount: Int
        var standardCount: Int
        var leapCount: Int
        var timeCount: Int
        var typeCount: Int
        var characterCount: Int

        func blockSize(timeSize: Int) -> Int {
            self.timeCount * (timeSize + 1) + self.typeCount * 6 + self.characterCount
                + self.leapCount * (timeSize + 4) + self.standardCount + self.utcCount
        }
    }

    private static let magic: [UInt8] = Array("TZif".utf8)
    private static let reservedBytes = 15

    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func skip(_ count: Int) throws(TimeZoneRules.MalformedFile) {
        guard count >= 0, self.bytes.count - self.position >= count else {
            throw TimeZoneRules.MalformedFile(
                description:
                    "time zone file ends at byte \(self.bytes.count), \(count) more expected at \(self.position)")
        }
        self.position += count
    }

    private mutating func take(_ count: Int) throws(TimeZoneRules.MalformedFile) -> ArraySlice<UInt8> {
        let start = self.position
        try self.skip(count)
        return self.bytes[start..<self.position]
    }

    /// A signed number of four or eight bytes.
    private mutating func number(_ size: Int) throws(TimeZoneRules.MalformedFile) -> Int {
        let bits = try self.take(size).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return size == 4 ? Int(Int32(truncatingIfNeeded: bits)) : Int(Int64(truncatingIfNeeded: bits))
    }

    mutating func header() throws(TimeZoneRules.MalformedFile) -> Header {
        let start = self.position
        guard try Array(self.take(Self.magic.count)) == Self.magic else {
            throw TimeZoneRules.MalformedFile(description: "no time zone file: no \"TZif\" at byte \(start)")
        }
        let version = try self.take(1).first ?? 0
        try self.skip(Self.reservedBytes)
        var counts: [Int] = []
        for _ in 0..<6 {
            let count = try self.number(4)
            guard count >= 0, count <= self.bytes.count else {
                throw TimeZoneRules.MalformedFile(
                    description: "time zone file claims \(count) records at byte \(start)")
            }
            counts.append(count)
        }
        return Header(
            version: version, utcCount: counts[0], standardCount: counts[1], leapCount: counts[2],
            timeCount: counts[3], typeCount: counts[4], characterCount: counts[5])
    }

    mutating func rules(_ header: Header, timeSize: Int) throws(TimeZoneRules.MalformedFile) -> TimeZoneRules {
        var times: [Int] = []
        for _ in 0..<header.timeCount { times.append(try self.number(timeSize)) }
        let indexes = try self.take(header.timeCount).map(Int.init)
        var offsets: [Int] = []
        var firstStandard: Int?
        for _ in 0..<header.typeCount {
            let offset = try self.number(4)
            let isSummer = try self.take(2).first != 0
            if !isSummer, firstStandard == nil { firstStandard = offset }
            offsets.append(offset)
        }
        try self.skip(
            header.characterCount + header.leapCount * (timeSize + 4) + header.standardCount + header.utcCount)
        guard let first = offsets.first, indexes.allSatisfy(offsets.indices.contains) else {
            throw TimeZoneRules.MalformedFile(description: "time zone file names an offset that it does not hold")
        }
        let transitions = zip(times, indexes).map { TimeZoneRules.Transition(at: $0, offset: offsets[$1]) }
        // Before the first transition the first standard time holds, unless the first offset is never used later.
        let initial = indexes.contains(0) ? firstStandard ?? first : first
        return TimeZoneRules(
            initialOffset: initial, transitions: transitions, footer: timeSize == 8 ? self.footer() : nil)
    }

    /// The line after the second block.
    private func footer() -> PosixTimeZone? {
        let rest = self.bytes[self.position...]
        guard rest.first == UInt8(ascii: "\n") else { return nil }
        let line = rest.dropFirst().prefix { $0 != UInt8(ascii: "\n") }
        return PosixTimeZone(String(decoding: line, as: UTF8.self))
    }
}
