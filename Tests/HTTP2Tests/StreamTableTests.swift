import TestSupport
import Testing

@testable import HTTP2

@Suite("StreamTable")
struct StreamTableTests {
    @Test("it holds what a dictionary holds, whatever is added and removed")
    func likeDictionary() {
        for seed in Seeds.draw(3) { self.compare(seed) }
    }

    private func compare(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var table = StreamTable<Int>()
        var dictionary: [StreamID: Int] = [:]
        for step in 0..<10_000 {
            // Few numbers, so that they meet often; some far apart, as they are after a long time.
            let stream = StreamID.random(in: 0..<150, using: &random) * (step % 2 == 0 ? 1 : 9_999_991)
            if Bool.random(using: &random) {
                table.set(stream, step)
                dictionary[stream] = step
            } else {
                #expect(table.remove(stream) == dictionary.removeValue(forKey: stream), "SEED=\(seed)")
            }
            #expect(table[stream] == dictionary[stream], "SEED=\(seed)")
            #expect(table.count == dictionary.count)
        }
        for (stream, value) in dictionary { #expect(table[stream] == value, "SEED=\(seed)") }
        #expect(table.values.sorted() == dictionary.values.sorted())
        table.removeAll()
        #expect(table.isEmpty && table.values.isEmpty)
    }
}
