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
    @Test("a uid is a version 7 UUID in lower case")
    func uidsAreVersion7() throws {
        var random = SystemRandomNumberGenerator()
        let uid = Identifiers.uid(using: &random)
        #expect(uid.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
        #expect(uid != Identifiers.uid(using: &random))
    }

    @Test("of two objects the later one has the greater uid, also within one millisecond")
    func uidsAreInOrder() {
        var random = SystemRandomNumberGenerator()
        var last = ""
        for step in 0..<1_000 {
            let moment = Timestamp(nanoseconds: 1_795_000_000_000_000_000 + Int64(step) * 1_000)
            let uid = Identifiers.uid(at: moment, using: &random)
            #expect(last < uid)
            last = uid
        }
    }
}
