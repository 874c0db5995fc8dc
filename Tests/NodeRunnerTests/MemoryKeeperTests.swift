import CLinux
import Testing

@testable import NodeRunner

@Suite(.serialized)
struct MemoryKeeperTests {
    @Test("memory that nothing uses any more goes back to the machine, and a little is left alone")
    func release() {
        var blocks = (0..<4_096).map { _ in [UInt8](repeating: 1, count: 64 * 1_024) }
        // Every second stays, so that the allocator cannot simply shrink its pool.
        for index in stride(from: 0, to: blocks.count, by: 2) { blocks[index] = [] }
        let idle = apus_idle_memory()
        #expect(idle > 100 << 20)
        #expect(MemoryKeeper.look())
        #expect(apus_idle_memory() < idle / 2)
        #expect(blocks[1].count == 64 * 1_024)
    }
}
