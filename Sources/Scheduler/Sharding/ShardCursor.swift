import ActorTransport

/// A position in the changes of all shards: for each shard, the number up to which everything was seen.
///
/// Each shard has one writer at a time, so its numbers grow in the order of its commits; there is no order between
/// shards. Clients see a cursor as an opaque `resourceVersion`. Shards of one owner share a number, because an owner
/// numbers the changes of all its shards together: so a cursor is short, and with one owner it is a plain number.
package struct ShardCursor: Sendable, Hashable {
    private var numbers: [Int64]

    /// The same number for every shard.
    package init(_ number: Int64 = 0) { self.numbers = Array(repeating: number, count: ShardMap.shardCount) }

    /// The cursor of a snapshot of the store.
    ///
    /// What an owner commits from now on is above all that it has committed: all of its shards are seen up to there.
    package init(snapshot: [(shard: Int, owner: String?, sequence: Int64)]) {
        self.init(0)
        var highest: [String: Int64] = [:]
        for row in snapshot {
            guard let owner = row.owner else { continue }
            highest[owner] = max(highest[owner] ?? 0, row.sequence)
        }
        for row in snapshot { self.numbers[row.shard] = row.owner.flatMap { highest[$0] } ?? row.sequence }
    }

    package subscript(shard: Int) -> Int64 {
        get { self.numbers[shard] }
        set { self.numbers[shard] = newValue }
    }

    /// The lowest number of these shards.
    package func lowest(of shards: ShardSet) -> Int64 {
        var lowest = Int64.max
        for shard in 0..<ShardMap.shardCount where shards.contains(shard) { lowest = min(lowest, self.numbers[shard]) }
        return lowest == .max ? 0 : lowest
    }

    /// Everything of these shards was seen up to `number`.
    package mutating func advance(_ shards: ShardSet, to number: Int64) {
        for shard in 0..<ShardMap.shardCount where shards.contains(shard) && self.numbers[shard] < number {
            self.numbers[shard] = number
        }
    }

    /// The numbers of `self`, where those of `bound` are not lower.
    package func limited(to bound: ShardCursor) -> ShardCursor {
        var limited = self
        for shard in self.numbers.indices { limited.numbers[shard] = min(self.numbers[shard], bound.numbers[shard]) }
        return limited
    }

    // MARK: Text

    private static let prefix = "v"
    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_".utf8)
    private static let bitsPerDigit = 6

    /// How clients see it.
    ///
    /// One number for all shards is written as such. Otherwise: `v`, the numbers that occur, separated by dots, and for
    /// each shard which of them it has, in as few bits as it takes, six to a character.
    package var text: String {
        let distinct = Set(self.numbers).sorted()
        guard distinct.count > 1 else { return String(distinct.first ?? 0) }
        let places = Dictionary(uniqueKeysWithValues: distinct.enumerated().map { ($1, $0) })
        let width = Self.width(of: distinct.count)
        var bytes: [UInt8] = []
        var buffer = 0
        var count = 0
        for number in self.numbers {
            buffer = buffer << width | (places[number] ?? 0)
            count += width
            while count >= Self.bitsPerDigit {
                count -= Self.bitsPerDigit
                bytes.append(Self.digits[buffer >> count & 63])
            }
            buffer &= 1 << count - 1
        }
        if count > 0 { bytes.append(Self.digits[buffer << (Self.bitsPerDigit - count) & 63]) }
        return Self.prefix + distinct.map(String.init).joined(separator: ".") + "."
            + String(decoding: bytes, as: UTF8.self)
    }

    /// Reads what `text` has written; `nil` for anything else.
    package init?(text: String) {
        guard text.hasPrefix(Self.prefix) else {
            guard let number = Int64(text), number >= 0 else { return nil }
            self.init(number)
            return
        }
        let parts = text.dropFirst().split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 2, parts.count <= ShardMap.shardCount + 1, let last = parts.last else { return nil }
        let distinct = parts.dropLast().compactMap { Int64($0) }
        let width = Self.width(of: distinct.count)
        guard distinct.count == parts.count - 1, distinct.allSatisfy({ $0 >= 0 }),
            last.utf8.count == (ShardMap.shardCount * width + Self.bitsPerDigit - 1) / Self.bitsPerDigit
        else { return nil }
        self.init(0)
        var buffer = 0
        var count = 0
        var rest = last.utf8.makeIterator()
        for shard in self.numbers.indices {
            while count < width {
                guard let byte = rest.next(), let digit = Self.digits.firstIndex(of: byte) else { return nil }
                buffer = buffer << Self.bitsPerDigit | digit
                count += Self.bitsPerDigit
            }
            count -= width
            let place = buffer >> count
            buffer &= 1 << count - 1
            guard place < distinct.count else { return nil }
            self.numbers[shard] = distinct[place]
        }
    }

    private static func width(of count: Int) -> Int { max(1, Int.bitWidth - (count - 1).leadingZeroBitCount) }
}
