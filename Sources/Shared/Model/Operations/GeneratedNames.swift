/// Names that end in a random suffix, as Kubernetes makes them from `metadata.generateName`.
package enum GeneratedNames {
    /// No vowels and nothing easily confused: what Kubernetes draws from.
    private static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789".utf8)
    package static let suffixLength = 5
    /// A prefix longer than this is cut, so that the name fits into a label.
    package static let maximumPrefixLength = 63 - suffixLength

    /// The prefix and five random characters.
    package static func name(prefix: String, using random: inout some RandomNumberGenerator) -> String {
        let kept = String(decoding: prefix.utf8.prefix(self.maximumPrefixLength), as: UTF8.self)
        return kept + self.suffix(using: &random)
    }

    package static func suffix(using random: inout some RandomNumberGenerator) -> String {
        let drawn = (0..<self.suffixLength).map { _ in
            self.alphabet[Int.random(in: 0..<self.alphabet.count, using: &random)]
        }
        return String(decoding: drawn, as: UTF8.self)
    }
}
