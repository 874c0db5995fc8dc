import Foundation
import JSON
import OrderedCollections

/// Collects what differs, in words.
struct Differences {
    private(set) var all: [String] = []

    mutating func check(_ holds: Bool, _ text: @autoclosure () -> String) {
        if !holds { self.all.append(text()) }
    }

    mutating func equal(_ what: String, _ found: JSONValue?, _ wanted: JSONValue?) {
        let (found, wanted) = (found?.scalarText, wanted?.scalarText)
        self.check(found == wanted, "\(what) is \(found ?? "absent"), wanted \(wanted ?? "absent")")
    }

    mutating func matches(_ what: String, _ found: String, _ pattern: String) {
        let range = found.range(of: pattern, options: .regularExpression)
        self.check(range != nil, "\(what) \(found.debugDescription) does not match \(pattern)")
    }

    mutating func append(_ others: [String]) { self.all += others }
}
