import Testing

@testable import YAML

@Suite("YAMLPlaces")
struct YAMLPlacesTests {
    private static let text = """
        # a comment
        base:
          name: 7
        ---
        ---
        kind: List
        items:
        - {kind: &kind {name: 1}}
        - spec:
            templates:
            - name: x
              a.b/c: [1,
                2]
            same: *kind

        """

    @Test(
        "a path is found in the object it belongs to, by its value or its key",
        arguments: [
            ("base.name", false, 0, (3, 9)), ("base.name", true, 0, (3, 3)), ("kind", false, 1, (8, 10)),
            ("spec.templates[0].name", false, 2, (11, 13)), ("spec.templates[0].a.b/c[1]", false, 2, (13, 9)),
            // What comes from an alias stands where the alias is, what is not there stands where it should be.
            ("spec.same.name", false, 2, (14, 11)), ("spec.templates[0].image", false, 2, (11, 7)),
            ("", false, 1, (8, 3)),
        ] as [(String, Bool, Int, (Int, Int))])
    func places(path: String, isKey: Bool, object: Int, expected: (Int, Int)) {
        let mark = YAMLPlaces.mark(of: path, isKey: isKey, object: object, in: Array(Self.text.utf8))
        #expect(mark == YAMLMark(line: expected.0, column: expected.1), "\(path)")
    }

    @Test("JSON has places too; a text that cannot be read has none, nor an object that is not there")
    func others() {
        let json = Array("{\"spec\": {\n  \"x\": 1}}".utf8)
        #expect(YAMLPlaces.mark(of: "spec.x", isKey: true, object: 0, in: json) == YAMLMark(line: 2, column: 3))
        #expect(YAMLPlaces.mark(of: "spec", isKey: false, object: 1, in: json) == nil)
        #expect(YAMLPlaces.mark(of: "spec", isKey: false, object: 0, in: Array("spec: [".utf8)) == nil)
    }
}
