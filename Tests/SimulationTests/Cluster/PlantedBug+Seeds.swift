extension PlantedBug {
    /// Seeds that show each of them soonest, in the debug build; written by `scripts/simulate bugs`.
    ///
    /// They change as the product and the simulation do: where none shows a bug any more, others are tried, which costs
    /// time.
    static let seeds: [PlantedBug: [UInt64]] = [
        .noFence: [6, 1, 16],
        .acknowledgesBeforeCommit: [14, 21, 6],
        .losesCommits: [17, 20, 1],
        .tearsCommits: [24, 15, 1],
        .repeatsCommits: [14, 8, 15],
        .forgetsOutbox: [24, 10, 21],
        .keepsOutbox: [21, 16, 8],
        .claimsFromTheLiving: [20, 14, 18],
        .claimsWithoutEpoch: [16, 21, 10],
        .leasesNeverEnd: [18, 6, 7],
        .releasesOthersLeases: [19, 13, 24],
        .loadsTooFew: [18, 1, 10],
        .loadsWithoutNodes: [8, 6, 17],
        .forgetsSequences: [2, 17, 22],
        .forgetsChanges: [8, 21, 15],
        .startsTwice: [8, 10, 17],
        .forgetsRecords: [6, 1, 21],
        .acknowledgesBeforeRecord: [21, 1, 24],
        .reportsOnce: [1, 24, 13],
        .reportsOutputsLater: [21, 8, 18],
        .deniesPods: [21, 24, 6],
        .forgetsTimersOnRecovery: [6, 15, 24],
        .takesLateReports: [2, 6, 4],
        .startsAgainOnRecovery: [8, 9, 16],
        .forgetsPods: [17, 24, 5],
        .releasesLocksEarly: [6, 23, 13],
        .keepsLocks: [6, 18, 14],
        .timersNeverWake: [6, 15, 24],
    ]
}
