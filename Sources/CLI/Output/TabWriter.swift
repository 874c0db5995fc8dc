/// Aligns text in columns as Go's `text/tabwriter` does with spaces: what the `argo` command prints with.
///
/// A cell is what a tab ends; what follows the last tab of a line belongs to no column. A column is a block of
/// consecutive lines that have a cell there, as wide as its widest cell and the padding.
struct TabWriter {
    private let padding: Int
    private var lines: [[Cell]] = []

    private struct Cell {
        var text: String
        var width: Int
    }

    init(padding: Int) { self.padding = padding }

    /// Adds a line of cells; the last one is the text after the last tab.
    mutating func add(_ cells: [String]) {
        self.lines.append(cells.map { Cell(text: $0, width: $0.unicodeScalars.count) })
    }

    var text: String {
        var output = ""
        var widths: [Int] = []
        self.format(0..<self.lines.count, &widths, &output)
        return output
    }

    private func format(_ range: Range<Int>, _ widths: inout [Int], _ output: inout String) {
        let column = widths.count
        var printed = range.lowerBound
        var line = range.lowerBound
        while line < range.upperBound {
            guard column < self.lines[line].count - 1 else {
                line += 1
                continue
            }
            self.write(printed..<line, widths, &output)
            var end = line
            var width = 0
            while end < range.upperBound, column < self.lines[end].count - 1 {
                width = max(width, self.lines[end][column].width + self.padding)
                end += 1
            }
            widths.append(width)
            self.format(line..<end, &widths, &output)
            widths.removeLast()
            printed = end
            line = end
        }
        self.write(printed..<range.upperBound, widths, &output)
    }

    private func write(_ range: Range<Int>, _ widths: [Int], _ output: inout String) {
        for line in range {
            for (index, cell) in self.lines[line].enumerated() {
                output += cell.text
                guard index < widths.count else { continue }
                output += String(repeating: " ", count: max(0, widths[index] - cell.width))
            }
            output += "\n"
        }
    }
}
