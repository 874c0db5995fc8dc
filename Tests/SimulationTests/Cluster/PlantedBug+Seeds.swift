extension PlantedBug {
    /// Seeds that show each of them soonest, in the debug build; written by `scripts/simulate bugs`.
    ///
    /// They change as the product and the simulation do: where none shows a bug any more, others are tried, which costs
    /// time.
    static let seeds: [PlantedBug: [UInt64]] = [
        .noFence: [13, 1, 3],
        .acknowledgesBeforeCommit: [19, 21, 20],
        .losesCommits: [13, 9, 2],
        .tearsCommits: [16, 20, 9],
        .repeatsCommits: [20, 24, 16],
        .forgetsOutbox: [8, 17, 1],
        .keepsOutbox: [21, 22, 16],
        .claimsFromTheLiving: [3, 15, 7],
        .claimsWithoutEpoch: [21, 16, 12],
        .leasesNeverEnd: [19, 24, 8],
        .releasesOthersLeases: [19, 4, 9],
        .loadsTooFew: [17, 19, 15],
        .loadsWithoutNodes: [24, 16, 19],
        .forgetsSequences: [5, 12, 6],
        .forgetsChanges: [15, 21, 13],
        .startsTwice: [21, 15, 20],
        .forgetsRecords: [18, 11, 2],
        .acknowledgesBeforeRecord: [13, 11, 1],
        .reportsOnce: [21, 1, 13],
        .reportsOutputsLater: [20, 17, 16],
        .deniesPods: [22, 24, 15],
        .forgetsTimersOnRecovery: [16],
        .takesLateReports: [12, 19, 15],
        .startsAgainOnRecovery: [20, 22, 9],
        .forgetsPods: [16, 12, 10],
        .releasesLocksEarly: [23, 5],
        .keepsLocks: [5],
        .timersNeverWake: [15, 10, 14],
    ]
}
