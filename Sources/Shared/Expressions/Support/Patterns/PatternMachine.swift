/// One step of a compiled regular expression.
enum PatternInstruction: Hashable, Sendable {
    case set(ScalarSet)
    case assertion(PatternAssertion)
    /// Goes on at both places, the first of them preferred.
    case split(Int, Int)
    case jump(Int)
    /// Notes the place in the text: even for a group's start, odd for its end.
    case save(Int)
    case match
}

/// Turns the tree of a regular expression into a program.
struct PatternCompiler {
    private(set) var program: [PatternInstruction] = []

    mutating func compile(_ tree: PatternNode) throws(PatternError) {
        try self.emit(.save(0))
        try self.add(tree)
        try self.emit(.save(1))
        try self.emit(.match)
    }

    private mutating func emit(_ instruction: PatternInstruction) throws(PatternError) {
        guard self.program.count < PatternLimits.instructionsMax else {
            throw PatternError("error parsing regexp: expression too large")
        }
        self.program.append(instruction)
    }

    private mutating func add(_ node: PatternNode) throws(PatternError) {
        switch node {
        case .empty: break
        case .set(let set): try self.emit(.set(set))
        case .assertion(let assertion): try self.emit(.assertion(assertion))
        case .concatenation(let items): for item in items { try self.add(item) }
        case .group(let inside, let index):
            try self.emit(.save(index * 2))
            try self.add(inside)
            try self.emit(.save(index * 2 + 1))
        case .alternation(let branches):
            var ends: [Int] = []
            for (index, branch) in branches.enumerated() {
                guard index < branches.count - 1 else {
                    try self.add(branch)
                    break
                }
                let split = self.program.count
                try self.emit(.split(split + 1, 0))
                try self.add(branch)
                ends.append(self.program.count)
                try self.emit(.jump(0))
                self.program[split] = .split(split + 1, self.program.count)
            }
            for end in ends { self.program[end] = .jump(self.program.count) }
        case .repetition(let inside, let least, let most, let isGreedy):
            try self.addRepetition(inside, least, most, isGreedy)
        }
    }

    private mutating func addRepetition(
        _ inside: PatternNode, _ least: Int, _ most: Int?, _ isGreedy: Bool
    ) throws(PatternError) {
        for _ in 0..<least { try self.add(inside) }
        guard let most else {
            let split = self.program.count
            try self.emit(.split(0, 0))
            try self.add(inside)
            try self.emit(.jump(split))
            self.program[split] = self.choice(split + 1, self.program.count, isGreedy)
            return
        }
        var splits: [Int] = []
        for _ in least..<most {
            splits.append(self.program.count)
            try self.emit(.split(0, 0))
            try self.add(inside)
        }
        for split in splits { self.program[split] = self.choice(split + 1, self.program.count, isGreedy) }
    }

    private func choice(_ inside: Int, _ after: Int, _ isGreedy: Bool) -> PatternInstruction {
        isGreedy ? .split(inside, after) : .split(after, inside)
    }
}

/// Runs a compiled regular expression over a text, all ways at once.
struct PatternMachine {
    private let program: [PatternInstruction]
    private let groupCount: Int
    private let capturing: Bool
    let scalars: [UInt32]
    private var stepsLeft = PatternLimits.stepsMax

    private struct Thread {
        var place: Int
        var saves: [Int]
    }

    /// The threads that wait at one place of the text, each instruction at most once.
    private struct ThreadList {
        var threads: [Thread] = []
        var generation: [Int]
        var current = 0

        init(_ count: Int) { self.generation = Array(repeating: -1, count: count) }
    }

    init(_ pattern: Pattern, _ text: String, capturing: Bool) {
        self.program = pattern.program
        self.groupCount = pattern.groupCount
        self.capturing = capturing
        self.scalars = text.unicodeScalars.map(\.value)
    }

    /// The groups of the leftmost match that starts at `start` or later.
    mutating func match(from start: Int) throws(PatternError) -> [Range<Int>?]? {
        var now = ThreadList(self.program.count)
        var next = ThreadList(self.program.count)
        var found: [Int]?
        var place = start
        let fresh = Array(repeating: -1, count: self.capturing ? self.groupCount * 2 : 0)
        while true {
            if found == nil { try self.follow(0, at: place, saves: fresh, into: &now) }
            if now.threads.isEmpty, found != nil { break }
            for thread in now.threads {
                if case .match = self.program[thread.place] {
                    found = thread.saves
                    break
                }
                guard place < self.scalars.count, case .set(let set) = self.program[thread.place],
                    set.contains(self.scalars[place])
                else { continue }
                try self.follow(thread.place + 1, at: place + 1, saves: thread.saves, into: &next)
            }
            if found != nil, !self.capturing { break }
            guard place < self.scalars.count else { break }
            place += 1
            swap(&now, &next)
            next.threads.removeAll(keepingCapacity: true)
            next.current += 1
        }
        guard let found else { return nil }
        guard self.capturing else { return [] }
        return (0..<self.groupCount).map { group in
            let (low, high) = (found[group * 2], found[group * 2 + 1])
            return low < 0 || high < low ? nil : low..<high
        }
    }

    /// Follows what takes no character from `start`, and notes the threads that wait for one.
    private mutating func follow(
        _ start: Int, at place: Int, saves: [Int], into list: inout ThreadList
    ) throws(PatternError) {
        var stack: [(Int, [Int])] = [(start, saves)]
        while let (instruction, saves) = stack.popLast() {
            guard list.generation[instruction] != list.current else { continue }
            list.generation[instruction] = list.current
            self.stepsLeft -= 1
            guard self.stepsLeft > 0 else {
                throw PatternError("pattern is too expensive for this text; shorten one of them")
            }
            switch self.program[instruction] {
            case .jump(let target): stack.append((target, saves))
            case .split(let first, let second):
                stack.append((second, saves))
                stack.append((first, saves))
            case .save(let index):
                var saves = saves
                if self.capturing { saves[index] = place }
                stack.append((instruction + 1, saves))
            case .assertion(let assertion):
                if self.holds(assertion, at: place) { stack.append((instruction + 1, saves)) }
            case .set, .match: list.threads.append(Thread(place: instruction, saves: saves))
            }
        }
    }

    private func holds(_ assertion: PatternAssertion, at place: Int) -> Bool {
        let before = place > 0 ? self.scalars[place - 1] : nil
        let after = place < self.scalars.count ? self.scalars[place] : nil
        switch assertion {
        case .textStart: return before == nil
        case .textEnd: return after == nil
        case .lineStart: return before == nil || before == 10
        case .lineEnd: return after == nil || after == 10
        case .wordBoundary, .noWordBoundary:
            let isWordBefore = before.map(ScalarSet.words.contains) ?? false
            let isBoundary = isWordBefore != (after.map(ScalarSet.words.contains) ?? false)
            return isBoundary == (assertion == .wordBoundary)
        }
    }
}
