import ActorTransport
import HTTP2
import JSON
import Model
import NIOCore
import NIOPosix
import Testing

@Suite("HTTP2Transport", .timeLimit(.minutes(5)))
struct HTTP2TransportTests {
    @Test("a member that dies fails what is under way there, and is called again once it is back")
    func lostAndFound() async throws {
        let addresses = MemberAddresses()
        let transport = HTTP2Transport(addresses: addresses, limits: .patient)
        let system = ApusActorSystem(member: "a", transport: transport)
        let runner = try $RunnerContract.resolve(id: .runner(on: "b"), using: system)
        try await withMember("b", addresses) { server, backend in
            var request = PodLogRequest()
            request.lines.follow = true
            let stream = try await system.open(RunnerStreams.logs, on: .runner(on: "b"), request)
            var iterator = stream.makeAsyncIterator()
            _ = try await iterator.next()
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    let error = await #expect(throws: ServiceError.self) { try await runner.launch([PodLaunch()]) }
                    #expect(error?.code == .unavailable)
                }
                await backend.launched()
                server.close()
            }
            do {
                let line = try await iterator.next()
                Issue.record("the stream went on with \(String(describing: line))")
            } catch {
                #expect((error as? ServiceError)?.code == .unavailable)
            }
            await backend.streamEnded()
        }
        let error = await #expect(throws: ServiceError.self) { _ = try await runner.unknown([]) }
        #expect(error?.code == .unavailable)
        // It comes back elsewhere: the pause belonged to the old address.
        try await withMember("b", addresses) { _, _ in
            let answer = try await runner.unknown([])
            #expect(answer.isEmpty)
        }
        transport.drain()
    }

    @Test("a member that nobody answers for is left alone for a while")
    func backoff() async throws {
        let unused = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = unused.localAddress?.port ?? 0
        try await unused.close()
        let addresses = MemberAddresses(["b": MemberAddress(host: "127.0.0.1", port: port)])
        let transport = HTTP2Transport(addresses: addresses, limits: .patient)
        let call = WireCall(method: "/a.B/C", target: .runner(on: "b"), message: [], deadline: nil)
        let first = await #expect(throws: ServiceError.self) { try await transport.unary(call) }
        #expect(first?.code == .unavailable)
        #expect(first?.message.hasPrefix("member b cannot be reached: ") == true)
        // On a busy machine a pause may be over before the next call; each one is longer than the last.
        var last = first
        for _ in 0..<10 where last?.message.contains("the next attempt is in") != true {
            last = await #expect(throws: ServiceError.self) { try await transport.unary(call) }
        }
        #expect(last?.message.contains("the next attempt is in") == true, "\(String(describing: last))")
    }

    @Test("calls made while a member shuts down are answered by it or by its successor")
    func draining() async throws {
        let addresses = MemberAddresses()
        let transport = HTTP2Transport(addresses: addresses, limits: .patient)
        let system = ApusActorSystem(member: "a", transport: transport)
        let runner = try $RunnerContract.resolve(id: .runner(on: "b"), using: system)
        let identity = PodIdentity(workflowUID: "u", nodeID: "n", attempt: 1)
        try await withMember("b", addresses) { old, _ in
            _ = try await runner.unknown([identity])
            try await withMember("b", addresses) { _, _ in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<16 {
                        group.addTask {
                            for _ in 0..<200 {
                                let answer = try await runner.unknown([identity])
                                #expect(answer == [identity])
                            }
                        }
                    }
                    old.drain()
                    try await group.waitForAll()
                }
            }
        }
        transport.drain()
    }

    @Test("a call that reaches another member than it meant is refused")
    func wrongMember() async throws {
        let addresses = MemberAddresses()
        let transport = HTTP2Transport(addresses: addresses, limits: .patient)
        try await withMember("c", addresses) { server, _ in
            addresses.set(MemberAddress(host: "127.0.0.1", port: server.port), of: "b")
            let call = WireCall(
                method: "/apus.v1.Runner/Unknown", target: .runner(on: "b"), message: [], deadline: nil)
            let error = await #expect(throws: ServiceError.self) { try await transport.unary(call) }
            #expect(error?.message == "member b cannot be reached: here is member c")
            #expect(error?.redirect == "")
        }
    }

    @Test("a member of this process is reached without a wire")
    func own() async throws {
        let loopback = LoopbackTransport()
        let transport = HTTP2Transport(addresses: MemberAddresses(), own: loopback)
        let system = ApusActorSystem(member: "a", transport: transport)
        loopback.join("a", system)
        RunnerEndpoint.publish(FakeBackend(), on: system)
        let runner = try $RunnerContract.resolve(id: .runner(on: "a"), using: system)
        #expect(try await runner.unknown([]).isEmpty)
    }

    @Test("a redirect crosses with its error")
    func redirects() async throws {
        let error = ServiceError.notOwner(of: 7, hint: "scheduler-2")
        #expect(error.grpcStatus.metadata == ["apus-redirect": "scheduler-2"])
        #expect(error.grpcStatus.code == 14)
    }

    @Test("the pause after a failure doubles up to a limit, and chance moves it")
    func pauses() {
        var random = SystemRandomNumberGenerator()
        var backoff = ReconnectBackoff()
        var pause = Duration.zero
        for expected in [50, 100, 200, 400, 800, 1000, 1000, 1000] {
            pause = backoff.failed(using: &random)
            #expect(pause >= .milliseconds(expected) / 2 && pause <= .milliseconds(expected))
        }
    }
}

/// Runs `body` beside a member that runs pods, and enters it into the address book.
private func withMember(
    _ member: String, _ addresses: MemberAddresses, _ body: (HTTP2Server, FakeBackend) async throws -> Void
) async throws {
    let server = try await HTTP2Server.listen(host: "127.0.0.1", port: 0, limits: .patient)
    let system = ApusActorSystem(member: member, transport: LoopbackTransport())
    let backend = FakeBackend()
    RunnerEndpoint.publish(backend, on: system)
    addresses.set(MemberAddress(host: "127.0.0.1", port: server.port), of: member)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await server.run(system) }
        defer { server.close() }
        try await body(server, backend)
    }
}
