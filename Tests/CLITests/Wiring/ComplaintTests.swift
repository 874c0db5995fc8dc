import Testing

@testable import apus

@Suite("Complaint")
struct ComplaintTests {
    @Test("a complaint is said at once, again after a while, and at once where it is another one")
    func repetition() {
        var complaint = Complaint(every: .seconds(10))
        let start = ContinuousClock.now
        let due = [(0, "away"), (9, "away"), (10, "away"), (11, "full"), (20, "full"), (21, "full")].map {
            complaint.isDue($1, at: start + .seconds($0))
        }
        #expect(due == [true, false, true, true, false, true])
    }

    @Test("what is over can be told where it was complained of, and only there")
    func end() {
        var complaint = Complaint(every: .seconds(10))
        let start = ContinuousClock.now
        let wasSaid = [complaint.end(), complaint.isDue("away", at: start), complaint.end(), complaint.end()]
        #expect(wasSaid == [false, true, true, false])
        let isDueAgain = complaint.isDue("away", at: start)
        #expect(isDueAgain)
    }
}
