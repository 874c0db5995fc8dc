import ArgumentParser
import HTTPClient
import JSON
import Model
import Synchronization

/// What to do once workflows have been submitted: wait for them, watch them, or print their logs.
struct FollowOptions: ParsableArguments {
    @Flag(name: [.customShort("w"), .long], help: "Wait for the workflow to complete.")
    var wait = false

    @Flag(name: .long, help: "Watch the workflow until it completes.")
    var watch = false

    @Flag(name: .long, help: "Print the logs until the workflow completes.")
    var log = false

    /// - Throws: `CommandFailure.silent` where a workflow that was waited for has failed.
    func follow(
        _ names: [String], namespace: String, client: ArgoClient, isQuiet: Bool, selector: FieldSelector? = nil
    ) async throws {
        if self.log {
            for name in names {
                var logs = LogFollower(client: client, namespace: namespace)
                logs.isFollowing = true
                try await logs.print(workflow: name)
            }
        }
        let follower = WorkflowFollower(client: client, namespace: namespace)
        if self.wait {
            try await follower.wait(names, isQuiet: isQuiet)
        } else if self.watch {
            for name in names { try await follower.watch(name, selector: selector) }
        }
    }
}

/// Waits for workflows and watches them.
struct WorkflowFollower {
    /// How long to wait before asking again once a stream has ended.
    static let reconnectDelay = Duration.milliseconds(500)
    /// How often in a row it is asked again where no answer comes: a server may be starting anew.
    static let reconnectLimit = 20
    private static let tick = Duration.seconds(1)

    let client: ArgoClient
    let namespace: String
    let console = Console.current

    /// Waits until all have completed.
    ///
    /// - Throws: `CommandFailure.silent` where one failed; `RemoteError` where one does not exist.
    func wait(_ names: [String], ignoresMissing: Bool = false, isQuiet: Bool = false) async throws {
        let hasFailed = try await withThrowingTaskGroup(of: Bool.self) { group in
            for name in names {
                group.addTask { try await self.waitForOne(name, ignoresMissing, isQuiet) }
            }
            return try await group.reduce(false) { $0 || $1 }
        }
        if hasFailed { throw CommandFailure.silent() }
    }

    /// Whether the workflow failed.
    private func waitForOne(_ name: String, _ ignoresMissing: Bool, _ isQuiet: Bool) async throws -> Bool {
        let resolved: String
        do {
            resolved = try await self.client.workflow(name, namespace: self.namespace).name
        } catch let error as RemoteError where error.isNotFound && ignoresMissing {
            return false
        }
        var hasFailed = false
        try await self.events(of: resolved, isBrief: true) { workflow in
            guard let finishedAt = workflow.status.finishedAt else { return true }
            let phase = workflow.status.phase
            hasFailed = phase == .failed || phase == .error
            if !isQuiet { self.console.line("\(resolved) \(phase.rawValue) at \(LocalTime(finishedAt).dateForm)") }
            return false
        }
        return hasFailed
    }

    /// Shows a workflow until it has completed: redrawn in place on a terminal, a line for each change in a pipe.
    func watch(_ name: String, selector: FieldSelector? = nil) async throws {
        let resolved = try await self.client.workflow(name, namespace: self.namespace).name
        let screen = WorkflowScreen(console: self.console, selector: selector)
        try await withThrowingTaskGroup(of: Void.self) { group in
            if self.console.isTerminal {
                group.addTask {
                    while true {
                        try await Task.sleep(for: Self.tick)
                        await screen.redraw()
                    }
                }
            }
            try await self.events(of: resolved) { workflow in
                await screen.show(workflow)
                return workflow.status.finishedAt == nil
            }
            group.cancelAll()
        }
        await screen.finish()
    }

    /// Reads the states of a workflow until `body` answers `false`.
    ///
    /// A stream that ends is opened again, also where the server is starting anew.
    ///
    /// - Throws: `RemoteError` where the workflow does not exist or is deleted.
    private func events(
        of name: String, isBrief: Bool = false, _ body: (Workflow) async throws -> Bool
    ) async throws {
        var attempts = 0
        while true {
            do {
                let stream = try await self.client.watch(name, namespace: self.namespace, isBrief: isBrief)
                for try await event in stream {
                    attempts = 0
                    guard let object = event["object"], !object.isNull else { continue }
                    let document = try WorkflowDocument(object)
                    guard document.name == name else { continue }
                    if event["type"]?.stringValue == "DELETED" {
                        throw RemoteError(code: RemoteError.notFound, message: "workflow \"\(name)\" was deleted")
                    }
                    guard try await body(document.workflow) else { return }
                }
                // A workflow that is gone would never be heard of again.
                _ = try await self.client.workflow(name, namespace: self.namespace)
            } catch  where Self.isPassing(error) && attempts < Self.reconnectLimit {
                attempts += 1
            }
            try await Task.sleep(for: Self.reconnectDelay)
        }
    }

    /// Whether an error may be gone a moment later: a server may be starting anew.
    static func isPassing(_ error: any Error) -> Bool {
        switch error {
        case let error as RemoteError: error.isPassing
        case let error as HTTPClientError: error.code == .interrupted
        case let error as CommandFailure: error.isUnreachable
        default: false
        }
    }
}
