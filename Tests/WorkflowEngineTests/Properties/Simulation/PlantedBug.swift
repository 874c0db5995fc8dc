import JSON
import Model
import OrderedCollections
import WorkflowEngine

/// A bug that is put into the engine, to see that the checkers notice.
///
/// Some engines misread the workflow, some do not hear what happens, some tell wrong rows and decisions, some lose or
/// keep too much when they begin again.
enum PlantedBug: String, CaseIterable {
    // What is misread.
    case ignoresParallelism, ignoresDependencies, readsDependenciesAsOr, ignoresTaskResults, ignoresWhen
    case ignoresRecursionBound, losesAnItem, dropsArguments, confusesArguments, mistakesDefaults
    case mistakesSkippedOutputs, dropsArtifacts, forgetsTimeouts, forgetsDeadlines, ignoresRetryLimit
    case ignoresRetryPolicy, ignoresRetryExpression, forgetsBackoff, ignoresContinueOn, continuesOnAnything
    case forgetsExitHandlers, forgetsHooks, forgetsOutputsOfComposites, ignoresLocks
    // What is not heard.
    case missesStop, missesSuspension
    // What is told wrongly.
    case startsTwice, startsUnderAnotherAttempt, losesAStart, losesATimer, losesARow, changesATerminalPhase
    case forgetsOutputs, neverCompletes, completesEarly, runsAnExitHandlerTwice, reversesAggregates
    case exceedsDepth, givesALockBackTwice, givesALockBackEarly, keepsALock, differsFromRunToRun
    // What the homes of locks do wrongly.
    case givesALockToTwo
    // What goes wrong when it begins again.
    case losesANodeAtRecovery, repeatsFinishedNodesAtRetry, keepsFailedNodesAtRetry

    /// What it breaks: other violations do not show that it is caught.
    var breaks: Set<Rule> {
        switch self {
        case .ignoresParallelism: [.places]
        case .ignoresDependencies, .readsDependenciesAsOr, .ignoresTaskResults, .ignoresWhen, .ignoresRecursionBound:
            [.conditions]
        case .losesAnItem, .ignoresContinueOn, .continuesOnAnything: [.wholeness]
        case .dropsArguments, .confusesArguments, .mistakesDefaults, .mistakesSkippedOutputs, .dropsArtifacts,
            .reversesAggregates:
            [.passing]
        case .forgetsTimeouts, .forgetsDeadlines: [.deadlines]
        case .ignoresRetryLimit, .ignoresRetryPolicy, .ignoresRetryExpression, .forgetsBackoff: [.retries]
        case .forgetsExitHandlers, .forgetsHooks: [.hooks]
        case .forgetsOutputsOfComposites: [.results]
        case .missesStop: [.shutdown]
        case .missesSuspension: [.suspension]
        case .startsTwice, .startsUnderAnotherAttempt, .losesANodeAtRecovery: [.starts]
        case .losesAStart, .losesATimer, .losesARow, .neverCompletes: [.progress]
        case .changesATerminalPhase: [.ends]
        case .forgetsOutputs: [.reports]
        case .completesEarly: [.completion]
        case .runsAnExitHandlerTwice: [.identity]
        case .exceedsDepth: [.depth]
        case .ignoresLocks, .givesALockToTwo, .givesALockBackTwice, .givesALockBackEarly, .keepsALock: [.locks]
        case .repeatsFinishedNodesAtRetry: [.ends]
        case .keepsFailedNodesAtRetry: [.completion]
        case .differsFromRunToRun: []
        }
    }

    /// What the engine takes the workflow for.
    func misreading(_ workflow: Workflow) throws -> Workflow {
        guard case .object(var json) = workflow.json(.compact), let spec = json["spec"] else { return workflow }
        json["spec"] = self.misread(spec)
        return try Workflow(json: .object(json), at: DecodingPlace())
    }

    private func misread(_ json: JSONValue) -> JSONValue {
        switch json {
        case .object(let members):
            var members = members
            self.misread(&members)
            return .object(members.mapValues { self.misread($0) })
        case .array(let elements): return .array(elements.map { self.misread($0) })
        case .null, .bool, .integer, .double, .string: return json
        }
    }

    private func misread(_ object: inout JSONObject) {
        for member in self.overlooked { object[member] = nil }
        switch self {
        case .readsDependenciesAsOr:
            guard let names = object["dependencies"]?.arrayValue else { return }
            object["dependencies"] = nil
            object["depends"] = .string(names.compactMap(\.stringValue).joined(separator: " || "))
        case .ignoresTaskResults:
            guard let depends = object["depends"]?.stringValue else { return }
            let words = depends.split(separator: " ").map { $0.drop { $0 == "!" }.prefix { $0 != "." } }
            object["depends"] = .string(words.joined(separator: " "))
        case .ignoresRecursionBound:
            if object["when"]?.stringValue?.hasSuffix("> 0") == true { object["when"] = nil }
        case .losesAnItem:
            if let items = object["withItems"]?.arrayValue { object["withItems"] = .array(items.dropLast()) }
        case .dropsArtifacts:
            guard var arguments = object["arguments"]?.objectValue else { return }
            arguments["artifacts"] = nil
            object["arguments"] = .object(arguments)
        case .confusesArguments:
            // All arguments are taken from the first reference's sibling.
            if let text = object["value"]?.stringValue, text.hasSuffix(".outputs.parameters.o}}") {
                object["value"] = "{{workflow.parameters.g}}"
            }
        case .mistakesDefaults: if object["default"] == "none" { object["default"] = "nothing at all" }
        case .mistakesSkippedOutputs: if object["default"] == "by default" { object["default"] = "stale" }
        case .ignoresRetryLimit: if object["limit"] != nil { object["limit"] = "9" }
        case .ignoresRetryPolicy: if object["limit"] != nil { object["retryPolicy"] = "Always" }
        case .ignoresRetryExpression: if object["limit"] != nil { object["expression"] = nil }
        case .continuesOnAnything:
            if object["template"] != nil { object["continueOn"] = ["failed": true, "error": true] }
        case .forgetsExitHandlers:
            guard var hooks = object["hooks"]?.objectValue else { return }
            hooks["exit"] = nil
            object["hooks"] = .object(hooks)
        case .forgetsHooks:
            guard var hooks = object["hooks"]?.objectValue else { return }
            hooks["seen"] = nil
            object["hooks"] = .object(hooks)
        case .forgetsOutputsOfComposites:
            if object["steps"] != nil || object["dag"] != nil { object["outputs"] = nil }
        default: break
        }
    }

    /// The members of objects that the engine does not see.
    private var overlooked: [String] {
        switch self {
        case .ignoresParallelism: ["parallelism"]
        case .ignoresLocks: ["synchronization"]
        case .ignoresDependencies: ["depends", "dependencies"]
        case .ignoresWhen: ["when"]
        case .dropsArguments: ["arguments"]
        case .forgetsTimeouts: ["timeout"]
        case .forgetsDeadlines: ["activeDeadlineSeconds"]
        case .forgetsBackoff: ["backoff"]
        case .ignoresContinueOn: ["continueOn"]
        case .forgetsExitHandlers: ["onExit"]
        default: []
        }
    }

    /// Whether the engine does not hear of an event.
    func overhears(_ event: Event) -> Bool {
        switch (self, event) {
        case (.missesStop, .stopped(_, selector: nil)), (.missesStop, .terminated): true
        case (.missesSuspension, .suspended): true
        default: false
        }
    }
}
