/// Functions of sprig on semantic versions.
let sprigVersions: [String: NativeFunction] = [
    "semver": exactly(1) { (call) throws(ValueFailure) in
        let version = try SemanticVersion(try call.goText(0))
        return .map([
            "Major": .int(version.numbers[0]), "Minor": .int(version.numbers[1]), "Patch": .int(version.numbers[2]),
            "Prerelease": .string(version.prerelease), "Metadata": .string(version.metadata),
            "Original": .string(try call.goText(0)),
        ])
    },
    "semverCompare": exactly(2) { (call) throws(ValueFailure) in
        let constraint = try VersionConstraint(try call.goText(0))
        return .bool(constraint.allows(try SemanticVersion(try call.goText(1))))
    },
]

/// A version such as `1.2.3-rc.1+build`; missing parts are zero.
struct SemanticVersion {
    var numbers: [Int]
    var prerelease: String
    var metadata: String
    /// How many of the three numbers are written out.
    var precision: Int

    init(_ text: String) throws(ValueFailure) {
        var rest = text.hasPrefix("v") ? String(text.dropFirst()) : text
        self.metadata = ""
        self.prerelease = ""
        if let plus = rest.firstIndex(of: "+") {
            self.metadata = String(rest[rest.index(after: plus)...])
            rest = String(rest[..<plus])
        }
        if let dash = rest.firstIndex(of: "-") {
            self.prerelease = String(rest[rest.index(after: dash)...])
            rest = String(rest[..<dash])
        }
        var numbers: [Int] = []
        for part in split(rest, ".") {
            guard let number = Int(part), number >= 0, part.first != "+" else {
                throw ValueFailure("invalid semantic version")
            }
            numbers.append(number)
        }
        guard (1...3).contains(numbers.count) else { throw ValueFailure("invalid semantic version") }
        self.precision = numbers.count
        self.numbers = numbers + Array(repeating: 0, count: 3 - numbers.count)
    }

    static func less(_ left: SemanticVersion, _ right: SemanticVersion) -> Bool {
        if left.numbers != right.numbers { return left.numbers.lexicographicallyPrecedes(right.numbers) }
        if left.prerelease == right.prerelease { return false }
        if left.prerelease.isEmpty || right.prerelease.isEmpty { return right.prerelease.isEmpty }
        for (first, second) in zip(split(left.prerelease, "."), split(right.prerelease, ".")) where first != second {
            switch (Int(first), Int(second)) {
            case (let first?, let second?): return first < second
            case (nil, nil): return goLess(first, second)
            case (let number, nil): return number != nil
            case (nil, _): return false
            }
        }
        return left.prerelease.utf8.count < right.prerelease.utf8.count
    }
}

/// A condition on versions such as `^1.2 || >=2.0.0 <3`.
struct VersionConstraint {
    private struct Bound {
        var sign: String
        var version: SemanticVersion
        /// How many numbers are given; the others may be anything.
        var precision: Int
    }

    private let alternatives: [[Bound]]

    init(_ text: String) throws(ValueFailure) {
        var alternatives: [[Bound]] = []
        for part in split(text, "||") {
            var bounds: [Bound] = []
            let words = replaced(part, " - ", with: "\u{0}").split { $0 == "," || $0 == " " }.map(String.init)
            var sign = ""
            for word in words {
                if word.allSatisfy({ "=!<>~^".contains($0) }) {
                    sign = word
                    continue
                }
                let ends = split(word, "\u{0}")
                if ends.count == 2 {
                    bounds.append(try Self.bound(">=" + ends[0], text))
                    bounds.append(try Self.bound("<=" + ends[1], text))
                } else {
                    bounds.append(try Self.bound(sign + word, text))
                }
                sign = ""
            }
            guard !bounds.isEmpty else { throw ValueFailure("improper constraint: \(text)") }
            alternatives.append(bounds)
        }
        self.alternatives = alternatives
    }

    private static func bound(_ word: String, _ whole: String) throws(ValueFailure) -> Bound {
        let sign = String(word.prefix { "=!<>~^".contains($0) })
        guard ["", "=", "!=", ">", "<", ">=", "=>", "<=", "=<", "~", "~>", "^"].contains(sign) else {
            throw ValueFailure("improper constraint: \(whole)")
        }
        let parts = split(String(word.dropFirst(sign.count)), ".")
        let known = parts.prefix { !["x", "X", "*"].contains($0) }
        if known.isEmpty {
            return Bound(sign: "=", version: try SemanticVersion("0"), precision: 0)
        }
        do throws(ValueFailure) {
            let version = try SemanticVersion(known.joined(separator: "."))
            return Bound(
                sign: sign, version: version, precision: known.count < parts.count ? known.count : version.precision)
        } catch {
            throw ValueFailure("improper constraint: \(whole)")
        }
    }

    func allows(_ version: SemanticVersion) -> Bool {
        self.alternatives.contains { bounds in bounds.allSatisfy { self.allows(version, $0) } }
    }

    private func allows(_ version: SemanticVersion, _ bound: Bound) -> Bool {
        // A prerelease counts only where the condition speaks of one.
        if !version.prerelease.isEmpty, bound.version.prerelease.isEmpty { return false }
        let isBelow = SemanticVersion.less(version, bound.version)
        let isAbove = SemanticVersion.less(bound.version, version)
        let agrees = version.numbers.prefix(bound.precision) == bound.version.numbers.prefix(bound.precision)
        switch bound.sign {
        case "", "=": return bound.precision < 3 ? agrees : !isBelow && !isAbove
        case "!=": return bound.precision < 3 ? !agrees : isBelow || isAbove
        case ">": return bound.precision < 3 ? isAbove && !agrees : isAbove
        case "<": return isBelow
        case ">=", "=>": return !isBelow
        case "<=", "=<": return bound.precision < 3 ? isBelow || agrees : !isAbove
        case "~", "~>":
            let fixed = min(2, max(1, bound.precision))
            return !isBelow && version.numbers.prefix(fixed) == bound.version.numbers.prefix(fixed)
        default: return !isBelow && self.isCompatible(version, bound)
        }
    }

    /// Whether the leftmost number that is not zero is the same, as `^` asks for.
    private func isCompatible(_ version: SemanticVersion, _ bound: Bound) -> Bool {
        let numbers = bound.version.numbers
        if numbers[0] > 0 || bound.precision == 1 { return version.numbers[0] == numbers[0] }
        if numbers[1] > 0 || bound.precision == 2 { return version.numbers.prefix(2) == numbers.prefix(2) }
        return version.numbers == numbers
    }
}
