package import JSON
import OrderedCollections

extension JSONValue {
    /// A document of any shape, at most `depth` levels deep.
    ///
    /// Its doubles are no whole numbers, which JSON cannot tell from integers.
    package static func random(depth: Int, using random: inout SplitMix64) -> JSONValue {
        switch random.below(depth > 0 ? 8 : 6) {
        case 0: return .null
        case 1: return .bool(random.once(in: 2))
        case 2: return .integer(Int(truncatingIfNeeded: random.next() >> UInt64(random.below(64))))
        case 3:
            let number = Double(bitPattern: random.next())
            return number.isFinite && number.rounded() != number ? .double(number) : .double(0.5)
        case 4, 5: return .string(self.randomText(using: &random))
        case 6: return .array((0..<random.below(6)).map { _ in .random(depth: depth - 1, using: &random) })
        default:
            var members = JSONObject()
            for _ in 0..<random.below(20) {
                members[self.randomText(using: &random)] = .random(depth: depth - 1, using: &random)
            }
            return .object(members)
        }
    }

    /// A text with everything that needs care: quotes, control characters, several bytes a character, YAML's marks.
    package static func randomText(using random: inout SplitMix64) -> String {
        let pieces = [
            "a", "b", "name", "long enough to fill more than eight bytes", "\"", "\\", "\n", "\t", "\u{1}", "é", "😀",
            "\u{2028}", " ", ":", "#", "- ", "'", "{", "true", "0", "~", "%", "@", "\r\n", "\u{7F}", "\u{85}", "null",
        ]
        return (0..<random.below(6)).map { _ in random.pick(pieces) }.joined()
    }
}
