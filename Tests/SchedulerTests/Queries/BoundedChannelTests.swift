import Testing

@testable import Scheduler

@Suite("BoundedChannel", .timeLimit(.minutes(1)))
struct BoundedChannelTests {
    private static let senderCount = 8

    @Test("however many senders wait for room, each gets it in the end")
    func manySenders() async throws {
        let channel = BoundedChannel<Int>(limit: 1)
        let received = try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<Self.senderCount {
                group.addTask { #expect(await channel.send(number)) }
            }
            var received: Set<Int> = []
            while received.count < Self.senderCount, let element = try await channel.next() { received.insert(element) }
            try await group.waitForAll()
            return received
        }
        #expect(received == Set(0..<Self.senderCount))
    }

    @Test("a sender that is given up leaves the room to those who wait beside it")
    func cancelledSender() async throws {
        for _ in 0..<100 {
            let channel = BoundedChannel<Int>(limit: 1)
            #expect(await channel.send(0))
            await withTaskGroup { group in
                group.addTask {
                    await withTaskGroup { inner in
                        inner.addTask { _ = await channel.send(1) }
                        await Task.yield()
                        inner.cancelAll()
                    }
                }
                group.addTask { #expect(await channel.send(2)) }
                group.addTask {
                    do {
                        while let element = try await channel.next(), element != 2 {}
                    } catch {
                        Issue.record(error)
                    }
                }
            }
        }
    }

    @Test("all who wait learn of the end")
    func end() async throws {
        let channel = BoundedChannel<Int>(limit: 1)
        #expect(await channel.send(0))
        await withTaskGroup { group in
            for number in 1...Self.senderCount { group.addTask { #expect(await !channel.send(number)) } }
            group.addTask {
                await Task.yield()
                channel.finish(nil)
            }
        }
    }
}
