import Model

// Shutdown by a person or by the workflow's deadline.
extension WorkflowMachine {
    var isShuttingDown: Bool { self.workflow.spec.shutdown.map { !$0.isEmpty } ?? false }

    /// Whether new nodes may begin; `Stop` lets exit handlers run.
    func shouldExecute(isExit: Bool) -> Bool {
        switch self.workflow.spec.shutdown ?? "" {
        case "Terminate": false
        case "Stop": isExit
        default: true
        }
    }

    var workflowDeadline: Timestamp? {
        guard let seconds = self.spec.activeDeadlineSeconds, let start = self.workflow.status.startedAt else {
            return nil
        }
        return Timestamp(seconds: start.seconds) + GoDuration(seconds: Int64(seconds))
    }

    mutating func shutDown(_ strategy: String) {
        guard !self.workflow.status.phase.isCompleted else { return }
        // A suspended workflow that is stopped, perhaps once more, would otherwise never end.
        if self.isSuspended {
            self.workflow.spec.suspend = nil
            self.isWorkflowChanged = true
        }
        guard self.workflow.spec.shutdown != strategy, self.workflow.spec.shutdown != "Terminate" else { return }
        self.workflow.spec.shutdown = strategy
        self.isWorkflowChanged = true
        for node in self.entries.indices where !self.entries[node].row.status.phase.isFulfilled {
            guard !self.shouldExecute(isExit: self.entries[node].isExit) else { continue }
            if self.isWaitingForLock(node) {
                self.setPhase(node, .failed, message: "Stopped with strategy '\(strategy)'")
                continue
            }
            switch self.entries[node].row.status.type {
            case .pod:
                self.stopPod(node)
                self.setPhase(node, .failed, message: "workflow shutdown with strategy:  \(strategy)")
            case .suspend, .http, .plugin:
                self.setPhase(node, .failed, message: "Stopped with strategy '\(strategy)'")
            case .retry:
                // One that waits for its next attempt has nobody else to end it.
                guard let last = self.retries[node]?.attempts.last,
                    self.entries[last].row.status.phase.isFulfilled
                else { continue }
                self.setPhase(node, .failed, message: "Stopped with strategy '\(strategy)'")
                self.decisions.append(.cancelTimer(.retryBackoff(self.entries[node].row.status.id)))
            case .container, .steps, .stepGroup, .dag, .taskGroup, .skipped: continue
            }
        }
        // One that is to be stopped still runs its exit handlers, once it has its locks.
        if strategy == "Terminate", self.workflow.status.phase == .pending {
            self.endWorkflow(.failed, "Stopped with strategy '\(strategy)'")
        }
    }

    mutating func deadlinePassed() {
        guard let deadline = self.workflowDeadline, self.now >= deadline, !self.workflow.status.phase.isCompleted else {
            return
        }
        self.decisions.append(
            .emitEvent(reason: "WorkflowTimedOut", message: "Workflow timed out", type: .warning, nodeID: nil))
        for node in self.entries.indices
        where !self.entries[node].row.status.phase.isFulfilled && !self.entries[node].isExit {
            if self.isWaitingForLock(node) {
                self.setPhase(node, .failed, message: "Step exceeded its deadline")
                continue
            }
            switch self.entries[node].row.status.type {
            case .pod:
                self.stopPod(node)
                self.setPhase(node, .failed, message: "Step exceeded its deadline")
            case .suspend: self.setPhase(node, .failed, message: "Step exceeded its deadline")
            case .retry:
                guard let last = self.retries[node]?.attempts.last,
                    self.entries[last].row.status.phase.isFulfilled
                else { continue }
                self.finished.append(last)
            case .container, .steps, .stepGroup, .dag, .taskGroup, .skipped, .http, .plugin: continue
            }
        }
    }
}
