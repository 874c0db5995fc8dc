import JSON
import OrderedCollections
import TestSupport
import Testing

@Suite("JSONReader")
struct JSONReaderTests {
    @Test(
        "what RFC 8259 allows is read",
        arguments: [
            ("0", 0), ("-0", 0), ("-1", -1), ("12", 12), ("9223372036854775807", .integer(.max)),
            ("-9223372036854775808", .integer(.min)), ("9223372036854775808", 9_223_372_036_854_775_808.0),
            ("100000000000000000000000000", 1e26), ("1.5", 1.5), ("0.1", 0.1), ("-0.5e-3", -0.0005), ("1E3", 1000.0),
            ("1e+2", 100.0), ("1e-400", 0.0), ("123456789012345678901234567890.5", 1.2345678901234568e29),
            ("0.30000000000000004", 0.30000000000000004), ("2.2250738585072014e-308", 2.2250738585072014e-308),
            ("9007199254740993.0", 9_007_199_254_740_992.0), ("true", true), ("false", false), ("null", nil),
            ("\"\"", ""), ("\"a\"", "a"), (" \t\r\n\"a\" ", "a"), ("\"\\u0041\"", "A"), ("\"\\u00e9\"", "é"),
            ("\"\\ud83d\\ude00\"", "😀"), ("\"😀é\"", "😀é"), ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\u{8}\u{c}\n\r\t"),
            ("\"\\u0000\"", "\0"), ("\"\u{7f}\"", "\u{7f}"), ("\"\\uFFFF\"", "\u{FFFF}"), ("[]", []), ("{}", [:]),
            ("[1,[2,[]]]", [1, [2, []]]), ("[ 1 , 2 ]", [1, 2]),
            ("{\"a\":1,\"b\":{\"c\":[true]}}", ["a": 1, "b": ["c": [true]]]),
            ("{\"a\":1,\"a\":2}", ["a": 2]), ("{\"\":0}", ["": 0]), ("{\"a\\nb\":0}", ["a\nb": 0]),
            ("\"0123456789abcdef\\n0123456789abcdef\"", "0123456789abcdef\n0123456789abcdef"),
        ] as [(String, JSONValue)])
    func accepts(text: String, value: JSONValue) throws {
        #expect(try JSONValue.parse(text) == value)
    }

    @Test(
        "everything else is refused, in the words of Go's decoder",
        arguments: [
            ("", "unexpected end of JSON input"), (" ", "unexpected end of JSON input"),
            ("{\"workflow\": nonsense", "invalid character 'o' in literal null (expecting 'u')"),
            ("nul", "unexpected end of JSON input"), ("tru]", "invalid character ']' in literal true (expecting 'e')"),
            ("falsy", "invalid character 'y' in literal false (expecting 'e')"),
            ("truee", "invalid character 'e' after top-level value"),
            ("[1,]", "invalid character ']' looking for beginning of value"),
            ("[,1]", "invalid character ',' looking for beginning of value"),
            ("[1 2]", "invalid character '2' after array element"), ("[", "unexpected end of JSON input"),
            ("[1", "unexpected end of JSON input"), ("[1}", "invalid character '}' after array element"),
            ("{", "unexpected end of JSON input"),
            ("{1:2}", "invalid character '1' looking for beginning of object key string"),
            ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string"),
            ("{\"a\"}", "invalid character '}' after object key"),
            ("{\"a\":1 \"b\":2}", "invalid character '\"' after object key:value pair"),
            ("{'a':1}", "invalid character '\\'' looking for beginning of object key string"),
            ("01", "invalid character '1' after top-level value"), ("-", "unexpected end of JSON input"),
            ("-a", "invalid character 'a' in numeric literal"),
            ("+1", "invalid character '+' looking for beginning of value"),
            ("1.", "unexpected end of JSON input"),
            ("1.e3", "invalid character 'e' after decimal point in numeric literal"),
            (".5", "invalid character '.' looking for beginning of value"), ("1e", "unexpected end of JSON input"),
            ("1e+", "unexpected end of JSON input"), ("1ex", "invalid character 'x' in exponent of numeric literal"),
            ("0x10", "invalid character 'x' after top-level value"),
            ("1e999", "json: cannot unmarshal number 1e999 into Go value of type float64"),
            ("NaN", "invalid character 'N' looking for beginning of value"),
            ("\"a", "unexpected end of JSON input"), ("\"\\", "unexpected end of JSON input"),
            ("\"\\u12", "unexpected end of JSON input"), ("\"\\x\"", "invalid character 'x' in string escape code"),
            ("\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape"),
            ("\"\n\"", "invalid character '\\n' in string literal"),
            ("\"\t\"", "invalid character '\\t' in string literal"),
            ("\"\u{0}\"", "invalid character '\\x00' in string literal"),
            ("\"\\ud800\"", "unpaired surrogate in string"), ("\"\\ud800\\n\"", "unpaired surrogate in string"),
            ("\"\\udc00\"", "unpaired surrogate in string"), ("\"\\ud800\\ud800\"", "unpaired surrogate in string"),
            ("\"\\ud800\\u", "unexpected end of JSON input"), ("1 2", "invalid character '2' after top-level value"),
            ("\u{FEFF}1", "invalid character 'ï' looking for beginning of value"),
            ("// a\n1", "invalid character '/' looking for beginning of value"),
        ])
    func refuses(text: String, message: String) {
        let failure = #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(text) }
        #expect(failure?.message == message)
    }

    @Test(
        "what is not UTF-8 is refused",
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0x5C, 0x6E, 0xFF, 0x22],
        ] as [[UInt8]])
    func refusesBrokenEncoding(bytes: [UInt8]) {
        let failure = #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(bytes) }
        #expect(failure?.message == "invalid UTF-8 in string")
    }

    @Test("an error says where it is and what could stand there")
    func placesErrors() {
        let failure = #expect(throws: JSONSyntaxError.self) { try JSONValue.parse("{\n  \"a\": 1\n  \"b\": 2\n}") }
        #expect(failure?.offset == 13)
        #expect(
            failure?.description
                == "line 3, column 3: invalid character '\"' after object key:value pair: expected ',' or '}'")
    }

    @Test("nesting is read to the limit, and refused past it")
    func limitsDepth() throws {
        let deepest = String(repeating: "[", count: JSONLimits.depth) + String(repeating: "]", count: JSONLimits.depth)
        _ = try JSONValue.parse(deepest)
        let failure = #expect(throws: JSONSyntaxError.self) { try JSONValue.parse("[" + deepest + "]") }
        #expect(failure?.message == "exceeded max depth")
        _ = #expect(throws: JSONSyntaxError.self) {
            try JSONValue.parse(String(repeating: "{\"a\":", count: 1_000_000))
        }
    }

    @Test("members keep their order")
    func keepsOrder() throws {
        let value = try JSONValue.parse(#"{"z":1,"a":2,"m":3}"#)
        #expect(value.objectValue.map { Array($0.keys) } == ["z", "a", "m"])
    }

    @Test("any bytes are read or refused, and nothing else happens")
    func survivesAnything() {
        let pieces = [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "d800", "e", ".", "-", "1", "true", "nul", " ", "\n", "é",
        ]
        for seed in Seeds.draw(3_000) {
            var random = SplitMix64(seed: seed)
            var bytes: [UInt8] = []
            for _ in 0..<random.below(40) {
                if random.once(in: 4) {
                    bytes.append(UInt8(random.below(256)))
                } else {
                    bytes += Array(random.pick(pieces).utf8)
                }
            }
            guard let value = try? JSONValue.parse(bytes) else { continue }
            #expect((try? JSONValue.parse(value.bytes)) != nil, "SEED=\(seed)")
        }
    }

    @Test("a document cut short or with one byte changed is read or refused")
    func survivesDamage() throws {
        let whole = Array(#"{"name":"a\u00e9\n","list":[1,-2.5e3,true,null,{"x":"😀"}],"empty":{}}"#.utf8)
        for end in 0..<whole.count {
            #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(Array(whole[..<end])) }
        }
        for seed in Seeds.draw(2_000) {
            var random = SplitMix64(seed: seed)
            var damaged = whole
            damaged[random.below(damaged.count)] = UInt8(random.below(256))
            _ = try? JSONValue.parse(damaged)
        }
    }
}
