/// What a workflow may hold and what may happen to it: each must occur among the random ones.
enum Kind: String, CaseIterable {
    // Templates.
    case container, script, steps, dag, suspendedForATime, suspendedForAPerson, nested, recursive, recursiveByAnother
    case stoppedAtDepthLimit, inline, inlineComposite
    // Calls.
    case dependencies, depends, dependsOnResult, dependsOnItems, omitted, withItems, withItemsOfMaps, withParam
    case withParamOfResult, withParamOfAggregate, withSequence, emptyLoop, whenTrue, whenFalse, whenOfItem
    case continueOn, continueOnError, failFastOff, failFastOfTemplate
    // What is passed.
    case tag, expression, argument, inputDefault, inputEnum, workflowEnum, workflowParameter, globalOutput, item
    case outputOfPath, outputByDefault, outputOfSkipped, outputOfParameter, outputOfExpression, outputSupplied
    case result, aggregateOfParameters, aggregateOfResults
    case artifactTar, artifactNone, artifactZip, artifactRaw, artifactPassed, artifactByExpression, artifactOfComposite
    // Limits.
    case parallelismOfWorkflow, parallelismOfTemplate, retryLimit, retryPolicy, retryBackoff, retryMaxDuration
    case retryExpression, lastRetry, retryOfComposite, deadlineOfWorkflow, deadlineOfTemplate, timeout
    // Locks.
    case mutexOfPod, semaphore, lockOfComposite, lockOfWorkflow, waitedForLock
    // Hooks.
    case onExitOfWorkflow, exitHookOfWorkflow, hookOfWorkflow, onExitOfCall, exitHookOfCall, exitHookWithCondition
    case hookOfCall, compositeAsHook
    // People.
    case workflowSuspension, workflowResumption, stop, terminate, retryOfFailed, retryOfChosen, resubmission
    case memoizedResubmission
}
