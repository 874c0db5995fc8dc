/// The digests that expressions can take of a text; they name things, and nothing of ours is kept safe by them.
enum Digest {
    static func adler32(_ bytes: [UInt8]) -> UInt32 {
        var low: UInt32 = 1
        var high: UInt32 = 0
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return high << 16 | low
    }

    static func sha1(_ bytes: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
        for block in padded(bytes, blockSize: 64) {
            var words: [UInt32] = bigEndianWords(block)
            for index in 16..<80 {
                let mixed = words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]
                words.append(mixed << 1 | mixed >> 31)
            }
            var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
            for index in 0..<80 {
                let (mixed, constant): (UInt32, UInt32) =
                    switch index {
                    case 0..<20: (b & c | ~b & d, 0x5a82_7999)
                    case 20..<40: (b ^ c ^ d, 0x6ed9_eba1)
                    case 40..<60: (b & c | b & d | c & d, 0x8f1b_bcdc)
                    default: (b ^ c ^ d, 0xca62_c1d6)
                    }
                let next = (a << 5 | a >> 27) &+ mixed &+ e &+ constant &+ words[index]
                (e, d, c, b, a) = (d, c, b << 30 | b >> 2, a, next)
            }
            for (index, value) in [a, b, c, d, e].enumerated() { state[index] &+= value }
        }
        return state.flatMap(bigEndianBytes)
    }

    static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        sha2(
            bytes, blockSize: 64, rounds: 64, constants: constants.map { UInt32($0 >> 32) },
            start: starts.map { UInt32($0 >> 32) },
            shifts: SHA2Shifts(small0: (7, 18, 3), small1: (17, 19, 10), big0: (2, 13, 22), big1: (6, 11, 25)))
    }

    static func sha512(_ bytes: [UInt8]) -> [UInt8] {
        sha2(
            bytes, blockSize: 128, rounds: 80, constants: constants, start: starts,
            shifts: SHA2Shifts(small0: (1, 8, 7), small1: (19, 61, 6), big0: (28, 34, 39), big1: (14, 18, 41)))
    }

    private struct SHA2Shifts {
        var small0: (Int, Int, Int)
        var small1: (Int, Int, Int)
        var big0: (Int, Int, Int)
        var big1: (Int, Int, Int)
    }

    /// SHA-256 and SHA-512 are one algorithm with words of 32 and 64 bits.
    private static func sha2<Word: FixedWidthInteger & UnsignedInteger & SendableMetatype>(
        _ bytes: [UInt8], blockSize: Int, rounds: Int, constants: [Word], start: [Word], shifts: SHA2Shifts
    ) -> [UInt8] {
        func rotated(_ word: Word, _ count: Int) -> Word { word >> Word(count) | word << Word(Word.bitWidth - count) }
        func small(_ word: Word, _ shifts: (Int, Int, Int)) -> Word {
            rotated(word, shifts.0) ^ rotated(word, shifts.1) ^ word >> Word(shifts.2)
        }
        func big(_ word: Word, _ shifts: (Int, Int, Int)) -> Word {
            rotated(word, shifts.0) ^ rotated(word, shifts.1) ^ rotated(word, shifts.2)
        }
        var state = start
        for block in padded(bytes, blockSize: blockSize) {
            var words: [Word] = bigEndianWords(block)
            for index in 16..<rounds {
                let first = small(words[index - 15], shifts.small0)
                let second = small(words[index - 2], shifts.small1)
                words.append(words[index - 16] &+ first &+ words[index - 7] &+ second)
            }
            var row = state
            for index in 0..<rounds {
                let choice = row[4] & row[5] ^ ~row[4] & row[6]
                let first = row[7] &+ big(row[4], shifts.big1) &+ choice &+ constants[index] &+ words[index]
                let majority = row[0] & row[1] ^ row[0] & row[2] ^ row[1] & row[2]
                let second = big(row[0], shifts.big0) &+ majority
                row = [first &+ second, row[0], row[1], row[2], row[3] &+ first, row[4], row[5], row[6]]
            }
            for index in state.indices { state[index] &+= row[index] }
        }
        return state.flatMap(bigEndianBytes)
    }

    /// The message in blocks, closed by one bit and its length.
    private static func padded(_ bytes: [UInt8], blockSize: Int) -> [ArraySlice<UInt8>] {
        var message = bytes
        message.append(0x80)
        while message.count % blockSize != blockSize - 8 { message.append(0) }
        message += bigEndianBytes(UInt64(bytes.count) * 8)
        return stride(from: 0, to: message.count, by: blockSize).map { message[$0..<($0 + blockSize)] }
    }

    private static func bigEndianWords<Word: FixedWidthInteger & UnsignedInteger & SendableMetatype>(
        _ block: ArraySlice<UInt8>
    ) -> [Word] {
        let size = Word.bitWidth / 8
        var words: [Word] = []
        for start in stride(from: block.startIndex, to: block.endIndex, by: size) {
            var word: Word = 0
            for byte in block[start..<(start + size)] { word = word << 8 | Word(byte) }
            words.append(word)
        }
        return words
    }

    private static func bigEndianBytes<Word: FixedWidthInteger & SendableMetatype>(_ word: Word) -> [UInt8] {
        var bytes: [UInt8] = []
        for shift in stride(from: Word.bitWidth - 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: word >> Word(shift)))
        }
        return bytes
    }

    /// The first 64 bits of the fractional parts of the cube roots of the first 80 primes.
    private static let constants: [UInt64] = primes(80).map { fractionBits($0, root: 3) }

    /// The first 64 bits of the fractional parts of the square roots of the first 8 primes.
    private static let starts: [UInt64] = primes(8).map { fractionBits($0, root: 2) }

    private static func primes(_ count: Int) -> [UInt64] {
        var found: [UInt64] = []
        var candidate: UInt64 = 2
        while found.count < count {
            if found.allSatisfy({ candidate % $0 != 0 }) { found.append(candidate) }
            candidate += 1
        }
        return found
    }

    /// The fraction of a root, found bit by bit: the greatest `x` with `x^root <= number * 2^(64 * root)`.
    private static func fractionBits(_ number: UInt64, root: Int) -> UInt64 {
        var low = UInt128(0)
        var high = UInt128(32) << 64
        while high - low > 1 {
            let middle = (low + high) / 2
            if isPower(middle, root: root, atMost: number) { low = middle } else { high = middle }
        }
        return UInt64(truncatingIfNeeded: low)
    }

    /// Whether `value^root <= number * 2^(64 * root)`, in words of 32 bits, the least first.
    private static func isPower(_ value: UInt128, root: Int, atMost number: UInt64) -> Bool {
        let factor = (0..<4).map { UInt64(truncatingIfNeeded: value >> UInt128($0 * 32)) & 0xffff_ffff }
        var product = factor
        for _ in 1..<root { product = multiplied(product, factor) }
        let limit = Array(repeating: UInt64(0), count: 2 * root) + [number]
        let length = max(product.count, limit.count)
        for index in (0..<length).reversed() {
            let left = index < product.count ? product[index] : 0
            let right = index < limit.count ? limit[index] : 0
            if left != right { return left < right }
        }
        return true
    }

    private static func multiplied(_ left: [UInt64], _ right: [UInt64]) -> [UInt64] {
        var result = Array(repeating: UInt64(0), count: left.count + right.count)
        for (i, first) in left.enumerated() {
            var carry: UInt64 = 0
            for (j, second) in right.enumerated() {
                let sum = result[i + j] + first * second + carry
                result[i + j] = sum & 0xffff_ffff
                carry = sum >> 32
            }
            result[i + right.count] += carry
        }
        return result
    }
}
