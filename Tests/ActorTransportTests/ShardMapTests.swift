import ActorTransport
import Model
import Testing

@Suite("ShardMap")
struct ShardMapTests {
    @Test("a name always belongs to the same shard, whatever program computed it")
    func shardsAreStable() {
        // Stored data depends on these: a change here orphans every workflow.
        #expect(ShardMap.shard(ofWorkflow: "hello-world-abcde", in: "argo") == 195)
        #expect(ShardMap.shard(ofWorkflow: "a", in: "default") == 234)
        #expect(ShardMap.shard(of: ObjectKey(.cronWorkflow, namespace: "argo", name: "x")) == 46)
    }

    @Test("names that differ in their last letters spread over the shards")
    func namesSpread() {
        let shards = (0..<4_096).map { ShardMap.shard(ofWorkflow: "fan-out-\($0)", in: "argo") }
        let counts = Dictionary(grouping: shards, by: { $0 }).mapValues(\.count)
        #expect(counts.count == ShardMap.shardCount)
        #expect((counts.values.max() ?? 0) < 48)
    }
}

@Suite("Identifiers")
struct IdentifiersTests {
    @Test("a uid is a version 4 UUID in lower case")
    func uidsAreVersion4() throws {
        var random = SystemRandomNumberGenerator()
        let uid = Identifiers.uid(using: &random)
        #expect(uid.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
        #expect(uid != Identifiers.uid(using: &random))
    }
}
