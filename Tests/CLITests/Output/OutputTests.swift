import JSON
import Model
import Testing

@testable import apus

@Suite("TabWriter")
struct TabWriterTests {
    @Test("a column is as wide as its widest cell and the padding, and the last cell has no column")
    func columns() {
        var writer = TabWriter(padding: 2)
        writer.add(["A", "B", "C"])
        writer.add(["long", "x", "tail"])
        #expect(writer.text == "A     B  C\nlong  x  tail\n")
    }

    @Test("lines without a cell end the column's block")
    func blocks() {
        var writer = TabWriter(padding: 1)
        writer.add(["wide cell", "x"])
        writer.add(["no cell"])
        writer.add(["a", "y"])
        #expect(writer.text == "wide cell x\nno cell\na y\n")
    }

    @Test("width counts characters, not bytes")
    func unicode() {
        var writer = TabWriter(padding: 1)
        writer.add(["✔é", "x"])
        writer.add(["abc", "y"])
        #expect(writer.text == "✔é  x\nabc y\n")
    }
}

@Suite("DocumentText")
struct DocumentTextTests {
    @Test("JSON is indented and empty values stay on their line")
    func json() {
        let value: JSONValue = ["a": [1, ["b": nil]], "c": [:], "d": []]
        #expect(
            DocumentText.json(value, indentation: 2) == """
                {
                  "a": [
                    1,
                    {
                      "b": null
                    }
                  ],
                  "c": {},
                  "d": []
                }
                """)
    }

    @Test("YAML has sorted keys, lists under their key, and quotes only where they are needed")
    func yaml() {
        let value: JSONValue = [
            "time": "2026-11-23T02:46:06Z", "list": [["b": "x: y", "a": "plain text"], "- no", "1"], "empty": "",
            "bool": "y", "script": "echo a\necho b\n", "cut": "a\nb", "number": 3, "nothing": nil, "map": ["k": [:]],
            "nested": [[1, 2]], "quote": "it's", "tag": "{{x}}",
        ]
        #expect(
            DocumentText.yaml(value) == """
                bool: "y"
                cut: |-
                  a
                  b
                empty: ""
                list:
                - a: plain text
                  b: 'x: y'
                - '- no'
                - "1"
                map:
                  k: {}
                nested:
                - - 1
                  - 2
                nothing: null
                number: 3
                quote: it's
                script: |
                  echo a
                  echo b
                tag: '{{x}}'
                time: "2026-11-23T02:46:06Z"

                """)
    }
}

@Suite("TreeTable")
struct TreeTableTests {
    private static func workflow() throws -> Workflow {
        try WorkflowDocument(try JSONValue.parse(RecordedWorkflow.json)).workflow
    }

    @Test("the tree has Argo's branches, columns and spaces")
    func plainTree() throws {
        let now = try #require(Timestamp("2026-11-23T02:49:20Z"))
        let text = TreeTable.text(
            try Self.workflow(), columns: .standard, style: TextStyle(isColoured: false, isUnicode: false), now: now)
        #expect(text == Recorded.plainTree)
    }

    @Test("colours are part of the first column, as Argo writes them")
    func colouredTree() throws {
        let now = try #require(Timestamp("2026-11-23T02:49:20Z"))
        let text = TreeTable.text(
            try Self.workflow(), columns: .wide, style: TextStyle(isColoured: true), now: now)
        #expect(text == Recorded.wideTree)
    }

    @Test("a selector leaves nodes out and keeps their children in place")
    func selection() throws {
        let text = TreeTable.text(
            try Self.workflow(), columns: .standard, style: TextStyle(isColoured: false, isUnicode: false),
            selector: try FieldSelector("displayName=bad(1)"), now: Timestamp(seconds: 0))
        #expect(text?.contains("bad(1)") == true)
        #expect(text?.contains("bad(0)") == false)
    }
}
