import Expressions
import Model
import Testing

@Suite("Builtins")
struct BuiltinTests {
    @Test("builtins on strings")
    func strings() {
        check([
            .init("trim('  a ')", "a"), .init("trim('__a__', '_')", "a"), .init("trimPrefix('prefix', 'pre')", "fix"),
            .init("trimSuffix('prefix', 'fix')", "pre"), .init("upper('aé')", "AÉ"), .init("lower('AB')", "ab"),
            .init("split('a,b,c', ',')", ["a", "b", "c"]), .init("split('a,b,c', ',', 2)", ["a", "b,c"]),
            .init("splitAfter('a,b', ',')", ["a,", "b"]), .init("replace('aaa', 'a', 'b')", "bbb"),
            .init("replace('aaa', 'a', 'b', 2)", "bba"), .init("repeat('ab', 3)", "ababab"),
            .init("join(['a', 'b'], '-')", "a-b"), .init("join(words)", "bac"), .init("indexOf('abc', 'c')", 2),
            .init("indexOf('abc', 'z')", -1), .init("lastIndexOf('abca', 'a')", 3),
            .init("hasPrefix('abc', 'ab')", true),
            .init("hasSuffix('abc', 'bc')", true), .init("len('héllo')", 5), .init("'a b' | split(' ') | len()", 2),
            .init("toJSON({b: 1, a: [1, 2]})", "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": 1\n}"),
            .init("fromJSON('{\"a\": [1, true, null]}')", ["a": [1.0, true, nil]]),
            .init("toBase64('hello')", "aGVsbG8="), .init("fromBase64('aGVsbG8=')", "hello"),
            .init("string(1.5)", "1.5"), .init("string([1, 'a'])", "[1 a]"), .init("string({a: 1})", "map[a:1]"),
            .init("string(nil)", "<nil>"), .init("toJson({b: '<', a: 1})", "{\"a\":1,\"b\":\"\\u003c\"}"),
        ])
    }

    @Test("builtins on numbers")
    func numbers() {
        check([
            .init("abs(-3)", 3), .init("abs(-1.5)", 1.5), .init("ceil(1.2)", 2.0), .init("floor(1.8)", 1.0),
            .init("round(1.5)", 2.0), .init("round(-1.5)", -2.0), .init("ceil(2)", 2.0), .init("int('42')", 42),
            .init("int(4.9)", 4), .init("float('1.5')", 1.5), .init("float(2)", 2.0), .init("asInt('7') + 1", 8),
            .init("asFloat('0.5')", 0.5), .init("max(1, 5, 3)", 5), .init("min([3, 1.5])", 1.5), .init("max([])", nil),
            .init("mean([1, 2, 3])", 2.0), .init("median([3, 1, 2])", 2.0), .init("median(1, 2, 3, 4)", 2.5),
            .init("mean([])", 0.0), .init("bitand(6, 3)", 2), .init("bitor(6, 3)", 7), .init("bitxor(6, 3)", 5),
            .init("bitnand(6, 3)", 4), .init("bitnot(0)", -1), .init("bitshl(1, 4)", 16), .init("bitshr(-16, 2)", -4),
            .init("bitushr(-1, 60)", 15), .init("type(1)", "int"), .init("type(1.0)", "float"),
            .init("type('')", "string"),
            .init("type([])", "array"), .init("type({})", "map"), .init("type(nil)", "nil"),
            .init("type(true)", "bool"),
        ])
    }

    @Test("builtins on collections")
    func collections() {
        check([
            .init("len(list)", 4), .init("len(map)", 2), .init("first(list)", 1), .init("last(list)", 4),
            .init("first([])", nil), .init("get(list, 1)", 2), .init("get(list, 9)", nil),
            .init("get(map, 'zzz')", nil),
            .init("take(list, 2)", [1, 2]), .init("take(list, 9)", [1, 2, 3, 4]), .init("keys(map)", ["a", "b"]),
            .init("values({x: 1, y: 2})", [1, 2]), .init("toPairs({x: 1})", [["x", 1]]),
            .init("fromPairs([['x', 1]])", ["x": 1]), .init("reverse(list)", [4, 3, 2, 1]),
            .init("uniq([1, 2, 1, 1.0])", [1, 2]), .init("concat([1], [2, 3])", [1, 2, 3]),
            .init("flatten([1, [2, [3, []]]])", [1, 2, 3]), .init("sort([3, 1, 2])", [1, 2, 3]),
            .init("sort(words, 'desc')", ["c", "b", "a"]), .init("sort([])", []), .init("len({})", 0),
        ])
    }

    @Test("time comes from the context and nowhere else")
    func time() {
        let noon = Instant(civil: civil(2024, 2, 29, 12), offset: 0, zone: "UTC")
        let context = ExpressionContext(now: noon, zone: { name, _ in name == "Test/Plus" ? (7200, "TPT") : nil })
        check(
            [
                .init("string(now())", "2024-02-29 12:00:00 +0000 UTC"),
                .init("string(now(timezone('Test/Plus')))", "2024-02-29 14:00:00 +0200 TPT"),
                .init("now() - date('2024-02-28') == duration('36h')", true),
                .init("string(duration('1h30m') * 2)", "3h0m0s"), .init("string(duration('1500ms'))", "1.5s"),
                .init("date('2024-01-02T03:04:05Z') < now()", true),
                .init(
                    "string(date('2024-03-01 10:00', '2006-01-02 15:04', 'Test/Plus'))", "2024-03-01 10:00:00 +0200 TPT"
                ),
                .init("toJson(date('2024-01-02'))", "\"2024-01-02T00:00:00Z\""),
                .init("date('2024-02-29').Year()", 2024), .init("date('2024-02-29').Format('Jan _2 06')", "Feb 29 24"),
                .init("date('2024-02-29').Unix()", 1_709_164_800), .init("duration('90m').Hours()", 1.5),
                .init("(now() + duration('24h')).Weekday().String()", "Friday"),
            ], context: context)
        checkFailures([
            .init("now()", "the current time is not known here"), .init("date('x')", "invalid date x"),
            .init("timezone('No/Where')", "unknown time zone No/Where"),
            .init("duration('1x')", "time: invalid duration \"1x\""),
        ])
    }

    private func civil(_ year: Int, _ month: Int, _ day: Int, _ hour: Int) -> CivilTime {
        var time = CivilTime()
        (time.year, time.month, time.day, time.hour) = (year, month, day, hour)
        return time
    }
}
