import ActorTransport
import Testing

@testable import Scheduler

@Suite("GatewayBook")
struct GatewayBookTests {
    @Test("a gateway is told of until it has been silent for too long, and is told of as it last said")
    func silence() {
        let book = GatewayBook()
        book.heard(ClusterMember(gateway: "b", address: "h:1", version: "v1"), at: .seconds(100))
        book.heard(ClusterMember(gateway: "a", address: "h:2", version: "v1"), at: .seconds(101))
        book.heard(ClusterMember(gateway: "b", address: "h:3", version: "v2"), at: .seconds(102))
        #expect(book.living(at: .seconds(102)).map(\.address) == ["h:2", "h:3"])
        #expect(book.living(at: .seconds(111.5)).map(\.name) == ["b"])
        #expect(book.living(at: .seconds(113)).isEmpty)
    }

    @Test("so many gateways are kept in mind and no more; one that is known is heard all the same")
    func limit() {
        let book = GatewayBook()
        for number in 0...GatewayBook.limit {
            book.heard(ClusterMember(gateway: "g\(number)", address: "", version: ""), at: .zero)
        }
        #expect(book.living(at: .zero).count == GatewayBook.limit)
        book.heard(ClusterMember(gateway: "g0", address: "h:1", version: ""), at: .seconds(9))
        #expect(book.living(at: .seconds(12)).map(\.address) == ["h:1"])
    }
}
