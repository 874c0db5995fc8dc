import JSON
import OrderedCollections
import TestSupport
import Testing

@Suite("JSONWriter")
struct JSONWriterTests {
    @Test(
        "a value is written in its shortest form",
        arguments: [
            (nil, "null"), (true, "true"), (0, "0"), (-7, "-7"), (1_234_567_890, "1234567890"),
            (.integer(.min), "-9223372036854775808"), (1.5, "1.5"), (1.0, "1"), (-0.25, "-0.25"), (1e21, "1e+21"),
            (1.5e300, "1.5e+300"), (1e20, "100000000000000000000"), (0.000001, "0.000001"), (1e-7, "1e-7"),
            (1.25e-10, "1.25e-10"), (.double(.infinity), "null"), ("a\"\\\n\u{1}\u{1f}é", #""a\"\\\n\u0001\u001fé""#),
            ([], "[]"), ([:], "{}"), (["a": [1, "b", nil], "c": [:]], #"{"a":[1,"b",null],"c":{}}"#),
        ] as [(JSONValue, String)])
    func writes(value: JSONValue, text: String) {
        #expect(value.text == text)
    }

    @Test("pretty text has one member a line, indented by two spaces")
    func writesPretty() {
        let value: JSONValue = ["a": [1, ["b": "c"]], "d": [], "e": [:]]
        #expect(
            value.prettyText == """
                {
                  "a": [
                    1,
                    {
                      "b": "c"
                    }
                  ],
                  "d": [],
                  "e": {}
                }
                """)
    }

    @Test("what is written reads back the same")
    func roundTrips() throws {
        for seed in Seeds.draw(2_000) {
            var random = SplitMix64(seed: seed)
            let value = JSONValue.random(depth: 4, using: &random)
            #expect(try JSONValue.parse(value.bytes) == value, "SEED=\(seed)")
            #expect(try JSONValue.parse(value.prettyBytes) == value, "SEED=\(seed)")
        }
    }
}
