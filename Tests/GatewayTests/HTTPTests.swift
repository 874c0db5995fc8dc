import ActorTransport
import Testing

@testable import Gateway

@Suite("HTTP values")
struct HTTPTests {
    @Test("a query is decoded as browsers encode it, and the first of two wins")
    func query() throws {
        let query = try QueryParameters("a=1+2&b=%2B%26&a=9&c&d=x=y&=z&%C3%BC=%e2%82%ac")
        #expect(query["a"] == "1 2")
        #expect(query["b"] == "+&")
        #expect(query["c"] == "")
        #expect(query["d"] == "x=y")
        #expect(query["ü"] == "€")
        #expect(query["none"] == nil)
        for broken in ["a=%", "a=%4", "a=%zz", "%ff=1"] {
            #expect(throws: ServiceError.self) { try QueryParameters(broken[...]) }
        }
    }

    @Test("a time comes as text or in its parts, and nothing else passes for one")
    func times() throws {
        #expect(try QueryParameters("t=2026-01-01T00:00:00%2B02:00").time("t") == "2026-01-01T00:00:00+02:00")
        #expect(try QueryParameters("t.seconds=1767225600&t.nanos=0").time("t") == "2026-01-01T00:00:00Z")
        #expect(try QueryParameters("t.seconds=1767225600&t.nanos=5").time("t") == "2026-01-01T00:00:00.000000005Z")
        #expect(throws: ServiceError.self) { try QueryParameters("t.seconds=1&t.nanos=1000000000").time("t") }
        #expect(try QueryParameters("").time("t") == nil)
        for broken in ["t=yesterday", "t.seconds=x", "t.seconds=9223372036854775807"] {
            #expect(throws: ServiceError.self) { try QueryParameters(broken[...]).time("t") }
        }
    }

    @Test("a target is taken apart in each of its forms")
    func target() throws {
        #expect(try RequestTarget("/a/b?c=d").path == "/a/b")
        #expect(try RequestTarget("/a/b?c=d?e").query == "c=d?e")
        #expect(try RequestTarget("http://host:1/a?b").path == "/a")
        #expect(try RequestTarget("http://host").path == "/")
        #expect(throws: ServiceError.self) { try RequestTarget("*") }
        #expect(throws: ServiceError.self) { try RequestTarget("") }
    }

    @Test("dates are written as HTTP writes them")
    func dates() {
        #expect(httpDate(secondsSince1970: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(httpDate(secondsSince1970: 0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(httpDate(secondsSince1970: 951_782_400) == "Tue, 29 Feb 2000 00:00:00 GMT")
        #expect(httpDate(secondsSince1970: 4_107_542_399) == "Sun, 28 Feb 2100 23:59:59 GMT")
    }
}
