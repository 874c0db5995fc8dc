import ActorTransport
import Model
import Testing

@Suite("LaunchGate")
struct LaunchGateTests {
    private static func launch(_ name: String = "p", epoch: Int, number: Int) -> PodLaunch {
        var launch = PodLaunch()
        launch.identity = PodIdentity(workflowUID: "u", nodeID: name, attempt: 0)
        launch.fence = LaunchFence(shard: 7, epoch: epoch, number: number)
        return launch
    }

    private static func refusal(_ name: String, _ reason: String) -> LaunchGate.Verdict {
        .refused(LaunchRefusal(PodIdentity(workflowUID: "u", nodeID: name, attempt: 0), reason: reason))
    }

    @Test("what an older owner of the shard sends is refused, also after a restart")
    func olderOwner() {
        var gate = LaunchGate()
        #expect(gate.admit(Self.launch(epoch: 2, number: 1), hasRoom: true) == .taken)
        #expect(gate.admit(Self.launch("q", epoch: 1, number: 9), hasRoom: true) == Self.refusal("q", "Stale"))
        var restarted = LaunchGate(epochs: gate.epochs)
        #expect(restarted.admit(Self.launch("q", epoch: 1, number: 9), hasRoom: true) == Self.refusal("q", "Stale"))
        #expect(restarted.admit(Self.launch("q", epoch: 3, number: 1), hasRoom: true) == .taken)
    }

    @Test("a refusal hears of a new owner too: what the old one sent before is refused though there is room by then")
    func refusalFences() {
        var gate = LaunchGate()
        #expect(gate.admit(Self.launch(epoch: 2, number: 1), hasRoom: false) == Self.refusal("p", "NoRoom"))
        #expect(gate.admit(Self.launch(epoch: 1, number: 5), hasRoom: true) == Self.refusal("p", "Stale"))
    }

    @Test("a launch that was refused never starts the pod when it comes again, but a newer one does")
    func repeatedLaunch() {
        var gate = LaunchGate()
        #expect(gate.admit(Self.launch(epoch: 1, number: 5), hasRoom: false) == Self.refusal("p", "NoRoom"))
        #expect(gate.admit(Self.launch(epoch: 1, number: 5), hasRoom: true) == Self.refusal("p", "NoRoom"))
        #expect(gate.admit(Self.launch(epoch: 1, number: 4), hasRoom: true) == Self.refusal("p", "Stale"))
        #expect(gate.admit(Self.launch(epoch: 1, number: 6), hasRoom: true) == .taken)
    }

    @Test("launches of a new owner are counted anew: one that was refused to the old owner does not make them old")
    func newOwner() {
        var gate = LaunchGate()
        #expect(gate.admit(Self.launch(epoch: 1, number: 5), hasRoom: false) == Self.refusal("p", "NoRoom"))
        // Somebody else's launch has told of the new owner already.
        #expect(gate.admit(Self.launch("q", epoch: 2, number: 1), hasRoom: true) == .taken)
        #expect(gate.admit(Self.launch(epoch: 2, number: 2), hasRoom: true) == .taken)
    }

    @Test("past the limit the older half of the refusals is forgotten")
    func limit() {
        var gate = LaunchGate()
        for number in 0...LaunchGate.refusalLimit {
            _ = gate.admit(Self.launch("p\(number)", epoch: 1, number: number), hasRoom: false)
        }
        let last = LaunchGate.refusalLimit
        #expect(gate.admit(Self.launch("p0", epoch: 1, number: 0), hasRoom: true) == .taken)
        #expect(
            gate.admit(Self.launch("p\(last)", epoch: 1, number: last), hasRoom: true)
                == Self.refusal("p\(last)", "NoRoom"))
    }
}
