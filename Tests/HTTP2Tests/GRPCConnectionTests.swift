import HTTP2
import NIOCore
import NIOPosix
import Testing

@Suite("GRPCConnection", .timeLimit(.minutes(5)))
struct GRPCConnectionTests {
    @Test("messages of any size come back equal")
    func sizes() async throws {
        try await withConnection {
            .message($0.message)
        } _: { connection, _ in
            for size in [0, 1, 4, 5, 200, 16_383, 16_384, 70_000, 1_000_000, 2 * 1024 * 1024] {
                let message = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                let answer = try await connection.unary(GRPCRequest(path: "/a.B/C", message: message))
                #expect(answer == message)
            }
        }
    }

    @Test("the path, the metadata and the deadline reach the handler")
    func requestArrives() async throws {
        try await withConnection { request in
            let text = request.metadata.text(of: "traceparent") ?? "none"
            let left = request.deadline.map { $0 - .now } ?? .zero
            #expect(left > .seconds(50) && left <= .seconds(60))
            return .message(Array("\(request.path) \(text)".utf8))
        } _: { connection, _ in
            let metadata = HeaderBlock([("traceparent", "00-abc")])
            let request = GRPCRequest(path: "/a.B/C", metadata: metadata, message: [], deadline: .now + .seconds(60))
            let answer = try await connection.unary(request)
            #expect(answer == Array("/a.B/C 00-abc".utf8))
        }
    }

    @Test("a thrown status arrives with its code, message, details and metadata")
    func statusArrives() async throws {
        var status = GRPCStatus(9, "no room für 100% of \"x\"\n")
        status.details = [0, 1, 2, 253, 254]
        status.metadata = ["apus-owner": "scheduler-2"]
        let thrown = status
        try await withConnection { _ in
            throw thrown
        } _: { connection, _ in
            await #expect(throws: thrown) { try await connection.unary(GRPCRequest(path: "/a", message: [])) }
            await #expect(throws: thrown) { try await connection.stream(GRPCRequest(path: "/a", message: [])) }
        }
    }

    @Test("a call past its deadline ends on both sides")
    func deadlines() async throws {
        let began = Counter()
        let cancelled = Signal()
        try await withConnection { _ in
            began.add()
            do {
                try await waitForCancellation()
            } catch {
                cancelled.send()
            }
            return .message([])
        } _: { connection, _ in
            // On a busy machine a deadline may pass before the call is there: then the next is longer.
            var timeout = Duration.milliseconds(30)
            while began.value == 0 {
                let request = GRPCRequest(path: "/a", message: [], deadline: .now + timeout)
                let error = await #expect(throws: GRPCStatus.self) { try await connection.unary(request) }
                #expect(error?.code == GRPCStatus.Code.deadlineExceeded)
                timeout *= 2
            }
            await cancelled.wait()
            let late = GRPCRequest(path: "/a", message: [], deadline: .now - .seconds(1))
            await #expect(throws: GRPCStatus.pastDeadline) { try await connection.unary(late) }
        }
    }

    @Test("a server ends a call past its deadline though the caller waits")
    func serverDeadline() async throws {
        try await withConnection { request in
            guard request.path == "/stream" else { try await waitForCancellation(); return .message([]) }
            return .messages(
                AsyncThrowingStream(unfolding: {
                    try await waitForCancellation(); return nil
                }))
        } _: { connection, _ in
            let metadata = HeaderBlock([("grpc-timeout", "20m")])
            await #expect(throws: GRPCStatus.pastDeadline) {
                try await connection.unary(GRPCRequest(path: "/unary", metadata: metadata, message: []))
            }
            await #expect(throws: GRPCStatus.pastDeadline) {
                let request = GRPCRequest(path: "/stream", metadata: metadata, message: [])
                for try await _ in try await connection.stream(request) {}
            }
        }
    }

    @Test("cancelling the caller cancels the task that serves the call")
    func cancellation() async throws {
        let began = Signal()
        let cancelled = Signal()
        try await withConnection { _ in
            began.send()
            do {
                try await waitForCancellation()
            } catch {
                cancelled.send()
            }
            return .message([])
        } _: { connection, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(throws: GRPCStatus.cancelled) {
                        try await connection.unary(GRPCRequest(path: "/a", message: []))
                    }
                }
                await began.wait()
                group.cancelAll()
                try await group.waitForAll()
            }
            await cancelled.wait()
        }
    }

    @Test("calls that wait for each other are all served, and none is cancelled for one that was before it")
    func callsBehindCancelledOnes() async throws {
        let together = 40
        for _ in 0..<5 {
            let arrived = Counter()
            let all = Signal()
            try await withConnection { request in
                switch request.path {
                case "/wait":
                    if arrived.add() % together == 0 { all.send() }
                    await all.wait()
                    return .message([Task.isCancelled ? 1 : 0])
                case "/hang":
                    arrived.add(together)
                    try await waitForCancellation()
                    return .message([])
                default: return .message([Task.isCancelled ? 1 : 0])
                }
            } _: { connection, _ in
                for _ in 0..<together {
                    let before = arrived.value
                    await withTaskGroup { group in
                        group.addTask {
                            await #expect(throws: GRPCStatus.cancelled) {
                                try await connection.unary(GRPCRequest(path: "/hang", message: []))
                            }
                        }
                        while arrived.value == before { await Task.yield() }
                        group.cancelAll()
                    }
                    let answer = try await connection.unary(GRPCRequest(path: "/a", message: []))
                    #expect(answer == [0])
                }
                try await withThrowingTaskGroup(of: [UInt8].self) { group in
                    for _ in 0..<together {
                        group.addTask { try await connection.unary(GRPCRequest(path: "/wait", message: [])) }
                    }
                    for try await answer in group { #expect(answer == [0]) }
                }
            }
        }
    }

    @Test("a call made by a cancelled task does not reach the server")
    func cancelledBefore() async throws {
        let calls = Counter()
        try await withConnection { _ in
            calls.add()
            return .message([])
        } _: { connection, _ in
            await withTaskGroup(of: Void.self) { group in
                group.cancelAll()
                group.addTask {
                    await #expect(throws: GRPCStatus.cancelled) {
                        try await connection.unary(GRPCRequest(path: "/a", message: []))
                    }
                }
            }
            _ = try await connection.unary(GRPCRequest(path: "/b", message: []))
            #expect(calls.value == 1)
        }
    }

    @Test("a stream carries its messages in order and then its status")
    func streams() async throws {
        try await withConnection { request in
            let numbers = AsyncThrowingStream<[UInt8], any Error> { continuation in
                for number in 0..<1000 { continuation.yield(Array("\(number)".utf8)) }
                continuation.finish(throwing: request.path == "/fails" ? GRPCStatus(15, "lost") : nil)
            }
            return .messages(numbers)
        } _: { connection, _ in
            for path in ["/ends", "/fails"] {
                var numbers: [String] = []
                var status: GRPCStatus?
                do {
                    for try await message in try await connection.stream(GRPCRequest(path: path, message: [])) {
                        numbers.append(String(decoding: message, as: UTF8.self))
                    }
                } catch let error as GRPCStatus {
                    status = error
                }
                #expect(numbers == (0..<1000).map(String.init))
                #expect(status == (path == "/fails" ? GRPCStatus(15, "lost") : nil))
            }
        }
    }

    @Test("messages larger than the window of a stream cross it")
    func largeMessages() async throws {
        let drawn = Counter()
        try await withConnection { _ in
            .messages(numbered(5, size: 1_000_000, drawn: drawn))
        } _: { connection, _ in
            var sizes: [Int] = []
            for try await message in try await connection.stream(GRPCRequest(path: "/a", message: [])) {
                sizes.append(message.count)
            }
            #expect(sizes == [Int](repeating: 1_000_000, count: 5))
        }
    }

    @Test("a consumer that waits holds back the producer, and other calls go on")
    func slowConsumer() async throws {
        let drawn = Counter()
        try await withConnection { request in
            request.path == "/a" ? .messages(numbered(100_000, size: 1000, drawn: drawn)) : .message([])
        } _: { connection, _ in
            let stream = try await connection.stream(GRPCRequest(path: "/a", message: []))
            var iterator = stream.makeAsyncIterator()
            _ = try await iterator.next()
            // The producer had all the time of these calls; it stopped at the window, its buffer and what was in the
            // air.
            for _ in 0..<200 { _ = try await connection.unary(GRPCRequest(path: "/b", message: [])) }
            let before = drawn.value
            for _ in 0..<200 { _ = try await connection.unary(GRPCRequest(path: "/b", message: [])) }
            #expect(drawn.value == before)
            #expect(before < 200)
            for _ in 0..<1000 { _ = try await iterator.next() }
            #expect(drawn.value > 1000)
        }
    }

    @Test("dropping a stream ends its producer")
    func droppedStream() async throws {
        let ended = Signal()
        try await withConnection { _ in
            .messages(
                AsyncThrowingStream { continuation in
                    continuation.onTermination = { _ in ended.send() }
                    continuation.yield([1])
                })
        } _: { connection, _ in
            do {
                let stream = try await connection.stream(GRPCRequest(path: "/a", message: []))
                var iterator = stream.makeAsyncIterator()
                #expect(try await iterator.next() == [1])
            }
            await ended.wait()
        }
    }

    @Test("10,000 calls with 64 in flight are answered, each with its own answer")
    func manyCalls() async throws {
        try await withConnection {
            .message($0.message)
        } _: { connection, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<64 {
                    group.addTask {
                        for number in stride(from: worker, to: 10_000, by: 64) {
                            let message = Array("call \(number)".utf8)
                            let answer = try await connection.unary(GRPCRequest(path: "/a.B/C", message: message))
                            guard answer == message else { throw GRPCStatus(2, "\(number) was answered wrongly") }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("more calls than may be in flight wait, and more than may wait are refused")
    func bounds() async throws {
        var limits = GRPCCallLimits()
        limits.inFlight = 4
        limits.waiting = 8
        let gate = Signal()
        let served = Counter()
        try await withConnection(callLimits: limits) { _ in
            served.add()
            await gate.wait()
            return .message([])
        } _: { connection, _ in
            let codes = await withTaskGroup(of: Int.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        do throws(GRPCStatus) {
                            _ = try await connection.unary(GRPCRequest(path: "/a", message: []))
                            return 0
                        } catch {
                            return error.code
                        }
                    }
                }
                var codes: [Int] = []
                // The refused come back first: the others wait at the gate.
                for _ in 0..<8 { codes.append(await group.next() ?? -1) }
                gate.send()
                for await code in group { codes.append(code) }
                return codes
            }
            #expect(codes == [Int](repeating: 8, count: 8) + [Int](repeating: 0, count: 12))
            #expect(served.value == 12)
        }
    }

    @Test("a message over the limit is refused, and the connection goes on")
    func messageLimit() async throws {
        var limits = HTTP2Limits()
        limits.messageBytes = 1000
        limits.answerBytes = 2000
        try await withConnection(limits: limits) { request in
            .message(request.path == "/big" ? [UInt8](repeating: 1, count: 2001) : request.message)
        } _: { connection, _ in
            let big = GRPCRequest(path: "/a", message: [UInt8](repeating: 1, count: 1001))
            let tooBig = GRPCStatus(8, "a message of 1001 bytes is larger than the limit of 1000")
            await #expect(throws: tooBig) { try await connection.unary(big) }
            let tooBigAnswer = GRPCStatus(8, "a message of 2001 bytes is larger than the limit of 2000")
            await #expect(throws: tooBigAnswer) { try await connection.unary(GRPCRequest(path: "/big", message: [])) }
            let answer = try await connection.unary(GRPCRequest(path: "/a", message: [7]))
            #expect(answer == [7])
        }
    }
}
