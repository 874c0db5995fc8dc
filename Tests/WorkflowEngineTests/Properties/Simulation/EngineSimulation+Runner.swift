import JSON
import Model
import OrderedCollections
import TestSupport
import WorkflowEngine

// The runner's part: how pods end.
extension EngineSimulation {
    /// Asks a runner to launch a pod, perhaps again; that it was asked may be forgotten.
    mutating func ask(_ identity: PodIdentity) {
        guard let launch = self.outbox[identity] else { return }
        if self.checker.noteLaunch(identity) { self.run(launch) }
        if self.chance(75) { self.outbox[identity] = nil }
    }

    /// Decides how a pod ends, and what is heard of it.
    private mutating func run(_ launch: PodLaunch) {
        var started = PodReport()
        started.identity = launch.identity
        started.phase = .running
        started.startedAt = self.now
        // A pod that finds no place stays pending: only a timeout ends it.
        if self.checker.hasTimeout(launch), self.chance(25) { return }
        if self.chance(80) { self.waiting.append(Delivery(report: started, notBefore: self.now)) }
        var finished = started
        finished.finishedAt = self.now + GoDuration(seconds: Int64(self.random.below(4)))
        if let deadline = launch.deadline, self.chance(30) {
            finished.phase = .failed
            finished.message = "Pod was active on the node longer than the specified deadline"
            finished.finishedAt = max(deadline, self.now)
            self.waiting.append(Delivery(report: finished, notBefore: max(deadline, self.now)))
            return
        }
        switch self.random.below(10) {
        case 0...1:
            let code = 1 + self.random.below(2)
            finished.phase = .failed
            finished.message = "main: Error (exit code \(code))"
            finished.exitCode = code
        case 2:
            finished.phase = .error
            finished.message = self.chance(50) ? "pod deleted" : "main: OOMKilled"
        default:
            finished.phase = .succeeded
            finished.exitCode = 0
        }
        if finished.phase == .succeeded || self.chance(30) { finished.outputs = self.outputs(of: launch) }
        self.waiting.append(Delivery(report: finished, notBefore: self.now))
        self.checker.note(finished)
    }

    /// What a pod puts out tells which pod it was.
    private mutating func outputs(of launch: PodLaunch) -> Outputs {
        let mark = NodeNames.hash("\(launch.nodeName) \(launch.identity.attempt)")
        var outputs = Outputs()
        for parameter in launch.outputParameters {
            let isThere = parameter.defaultValue == nil || self.chance(80)
            outputs.parameters.append(
                Parameter(name: parameter.name, value: isThere ? "v\(mark)" : parameter.defaultValue))
        }
        outputs.artifacts = launch.outputArtifacts
        guard launch.wantsResult else { return outputs }
        switch mark % 10 {
        case 0...5: outputs.result = "[\"a\(mark)\", \"b\(mark)\"]"
        case 6...7: outputs.result = "\(mark)"
        case 8: outputs.result = "{\"k\": \"\(mark)\"}"
        default: outputs.result = "text \(mark)"
        }
        return outputs
    }

    mutating func stop(_ identity: PodIdentity) {
        var report = PodReport()
        report.identity = identity
        report.phase = .failed
        report.message = "main: Error (exit code 143)"
        report.exitCode = 143
        report.finishedAt = self.now
        self.waiting.append(Delivery(report: report, notBefore: self.now))
    }
}
