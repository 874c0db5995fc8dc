import JSON
import Model
import Testing

@Suite("Item")
struct ItemTests {
    @Test(
        "an item stands for its JSON, a string for its content",
        arguments: [
            ("a", "a", .string), (1, "1", .number), (1.5, "1.5", .number), (true, "true", .bool),
            (["b", 1], #"["b",1]"#, .list),
            (["b": 1, "a": ["d": 1, "c": 2]], #"{"a":{"c":2,"d":1},"b":1}"#, .map), ("a\n\"b\"", #"a\n\"b\""#, .string),
            ("<&>", "<&>", .string),
        ] as [(JSONValue, String, ItemKind)])
    func text(item: JSONValue, text: String, kind: ItemKind) {
        #expect(item.itemText == text)
        #expect(item.itemKind == kind)
    }
}
