import Foundation
import JSON

/// One figure beside its floor.
struct Figure {
    var benchmark: String
    var what: String
    var value: Double
    var unit: String
    var floor: Double?
    /// What the ratio of value to floor, or the value where there is no floor, is meant to be.
    var aim: String
    var isMet: Bool?

    var ratio: Double? { self.floor.map { $0 == 0 ? 0 : self.value / $0 } }
}

/// The figures of one run: a table for people, JSON for programs.
struct Report {
    private(set) var figures: [Figure] = []

    mutating func add(_ figure: Figure) {
        self.figures.append(figure)
        FileHandle.standardError.write(Data((Self.line(figure) + "\n").utf8))
    }

    static let heading = """
        | | what | value | floor | ratio | aim | met |
        |---|---|---:|---:|---:|---|---|
        """

    static func line(_ figure: Figure) -> String {
        let met = figure.isMet.map { $0 ? "yes" : "**no**" } ?? ""
        let floor = figure.floor.map(Self.text) ?? ""
        let ratio = figure.ratio.map(Self.text) ?? ""
        return
            "| \(figure.benchmark) | \(figure.what) | \(Self.text(figure.value)) \(figure.unit) | \(floor) | "
            + "\(ratio) | \(figure.aim) | \(met) |"
    }

    var table: String { ([Self.heading] + self.figures.map(Self.line)).joined(separator: "\n") }

    var json: JSONValue {
        .array(
            self.figures.map { figure in
                [
                    "benchmark": .string(figure.benchmark), "what": .string(figure.what),
                    "value": .double(figure.value),
                    "unit": .string(figure.unit), "floor": figure.floor.map { .double($0) } ?? .null,
                    "ratio": figure.ratio.map { .double($0) } ?? .null, "aim": .string(figure.aim),
                    "met": figure.isMet.map { .bool($0) } ?? .null,
                ]
            })
    }

    private static func text(_ value: Double) -> String {
        switch abs(value) {
        case 100...: String(format: "%.0f", value)
        case 10..<100: String(format: "%.1f", value)
        default: String(format: "%.2f", value)
        }
    }
}
