extension Substring.UTF8View {
    /// The first place of `needle`, by bytes.
    ///
    /// The standard library's search is made for any collection and is many times slower here.
    package func firstRange(ofBytes needle: String) -> Range<Index>? {
        let wanted = needle.utf8
        guard let first = wanted.first else { return self.startIndex..<self.startIndex }
        let count = wanted.count
        let found = self.withContiguousStorageIfAvailable { bytes -> Int? in
            guard bytes.count >= count else { return nil }
            for start in 0...(bytes.count - count) where bytes[start] == first {
                if bytes[start..<(start + count)].elementsEqual(wanted) { return start }
            }
            return nil
        }
        guard let offset = found ?? self.slowOffset(of: wanted, count) else { return nil }
        let low = self.index(self.startIndex, offsetBy: offset)
        return low..<self.index(low, offsetBy: count)
    }

    /// The search in a string that is not stored in one piece.
    private func slowOffset(of wanted: String.UTF8View, _ count: Int) -> Int? {
        let bytes = Array(self)
        guard bytes.count >= count else { return nil }
        return (0...(bytes.count - count)).first { bytes[$0..<($0 + count)].elementsEqual(wanted) }
    }
}

extension String {
    /// Whether the bytes of `needle` are in the string.
    func containsBytes(_ needle: String) -> Bool { Substring(self).utf8.firstRange(ofBytes: needle) != nil }
}
