import Model
import Testing

@testable import Scheduler

@Suite("ClockWatch")
struct ClockWatchTests {
    @Test("a clock that is set is noticed once, in either direction; one that drifts is not")
    func jumps() {
        var watch = ClockWatch()
        var found: [Duration] = []
        func look(at seconds: Int64, after elapsed: Int64) {
            if let jump = watch.jump(now: Timestamp(seconds: 1_000_000 + seconds), elapsed: .seconds(elapsed)) {
                found.append(jump)
            }
        }
        look(at: 0, after: 5)
        look(at: 10, after: 15)
        look(at: 21, after: 25)
        look(at: 3_631, after: 35)
        look(at: 3_641, after: 45)
        look(at: 51, after: 55)
        #expect(found == [.seconds(3_600), .seconds(-3_600)])
    }
}
