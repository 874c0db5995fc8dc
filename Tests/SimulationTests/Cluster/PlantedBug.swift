/// A mistake that is made on purpose: each must be caught, or the checkers are worth nothing.
enum PlantedBug: String, CaseIterable, Sendable {
    case none
    // What the store does wrong.
    /// A change of an old epoch is written as if it were of the present one.
    case noFence
    /// A commit is answered before it is done; those that wait when the store falls are lost.
    case acknowledgesBeforeCommit
    /// A commit is answered and now and then not done at all.
    case losesCommits
    /// Of a commit the workflow's own row is written now and then without the rows of its nodes.
    case tearsCommits
    /// A commit is written a second time, later, over what came after it.
    case repeatsCommits
    /// A new owner does not find what its predecessor had decided but not done.
    case forgetsOutbox
    /// What was done stays in the outbox.
    case keepsOutbox
    /// A claim is granted while another member lives and owns the shard.
    case claimsFromTheLiving
    /// A claim does not raise the epoch.
    case claimsWithoutEpoch
    /// The lease of a dead member goes on for ever.
    case leasesNeverEnd
    /// A release ends whatever lease there is, whoever has it.
    case releasesOthersLeases
    /// A new owner does not find one of the workflows.
    case loadsTooFew
    /// A new owner finds workflows without their nodes.
    case loadsWithoutNodes
    /// A claim says that nothing was numbered before.
    case forgetsSequences
    /// Whoever resumes a watch is not told of what changed meanwhile.
    case forgetsChanges
    /// A cron workflow is kept as it was a minute ago, and what it has made since is not found by its name.
    case makesTicksAnew
    // What the runner does wrong.
    /// A pod that is on record is started again.
    case startsTwice
    /// The record is lost with the process of the runner.
    case forgetsRecords
    /// A launch is answered before it is on record.
    case acknowledgesBeforeRecord
    /// A report that was refused is not repeated.
    case reportsOnce
    /// The end of a pod is told first, and what it has put out later.
    case reportsOutputsLater
    /// A pod that is on record is said to be unknown.
    case deniesPods
    // What the machine of a workflow does wrong.
    /// It does not ask for its timers again after a recovery.
    case forgetsTimersOnRecovery
    /// A late report changes what has ended.
    case takesLateReports
    /// It starts a node again under another attempt after a recovery.
    case startsAgainOnRecovery
    /// It does not say that a pod is to be started.
    case forgetsPods
    /// It gives its locks back as soon as a pod runs.
    case releasesLocksEarly
    /// It does not give its locks back.
    case keepsLocks
    // What time does wrong.
    /// Timers never run out.
    case timersNeverWake
}
