/// Texts put in the place of tags, so that the form of an expression can be judged before anybody knows their values.
///
/// Each is as long as its tag: a place in the one text is the same place in the other.
enum TagStandIns {
    /// The most tags that are tried with values of every kind: each multiplies the attempts.
    private static let tagsMax = 3

    /// Kinds of values that a tag may have.
    private enum Kind: CaseIterable {
        case word, number, truth, comparator, connective, nothing

        func text(length: Int, letter: Unicode.Scalar) -> [Unicode.Scalar] {
            let start: [Unicode.Scalar]
            switch self {
            case .word: return Array(repeating: letter, count: length)
            case .number: return Array(repeating: "1", count: length)
            case .truth: start = ["t", "r", "u", "e"]
            case .comparator: start = ["=", "="]
            case .connective: start = ["&", "&"]
            case .nothing: start = []
            }
            return start + Array(repeating: " ", count: max(0, length - start.count))
        }
    }

    /// Letters that tell the tags of one text apart in messages.
    private static let letters: [Unicode.Scalar] = ["x", "y", "z", "u", "v", "w"]

    /// What is wrong with a text whatever its tags stand for; `nil` where some values make it right.
    ///
    /// - Parameter check: looks at one form of the text, and is told whether that is the text itself, without a tag.
    static func fault(in text: String, _ check: (_ form: String, _ isText: Bool) -> TextFault?) -> TextFault? {
        guard text.containsBytes("{{") else { return check(text, true) }
        let scalars = Array(text.unicodeScalars)
        let tags = self.tags(in: scalars)
        guard !tags.isEmpty else { return check(text, true) }
        let words = Array(repeating: Kind.word, count: tags.count)
        guard var fault = check(self.form(scalars, tags, words), false) else { return nil }
        // With many tags there are too many forms to be sure that none is right.
        guard tags.count <= self.tagsMax else { return nil }
        for kinds in self.choices(tags.count)
        where check(self.form(scalars, tags, kinds), false) == nil {
            return nil
        }
        for (index, tag) in tags.enumerated() {
            let word = Kind.word.text(length: tag.count, letter: self.letters[index % self.letters.count])
            fault.message = replaced(fault.message, string(word), with: string(scalars[tag]))
        }
        return fault
    }

    /// From each `{{` to the next `}}`.
    private static func tags(in scalars: [Unicode.Scalar]) -> [Range<Int>] {
        var tags: [Range<Int>] = []
        var open: Int?
        var index = 0
        while index + 1 < scalars.count {
            let isPair = scalars[index] == scalars[index + 1]
            if let start = open, isPair, scalars[index] == "}" {
                tags.append(start..<index + 2)
                open = nil
                index += 2
            } else if open == nil, isPair, scalars[index] == "{" {
                open = index
                index += 2
            } else {
                index += 1
            }
        }
        return tags
    }

    private static func form(_ scalars: [Unicode.Scalar], _ tags: [Range<Int>], _ kinds: [Kind]) -> String {
        var form = scalars
        for (index, tag) in tags.enumerated() {
            form.replaceSubrange(
                tag, with: kinds[index].text(length: tag.count, letter: self.letters[index % self.letters.count]))
        }
        return string(form)
    }

    /// Every choice of a kind for each of `count` tags.
    private static func choices(_ count: Int) -> [[Kind]] {
        (0..<count).reduce([[]]) { choices, _ in
            choices.flatMap { choice in Kind.allCases.map { choice + [$0] } }
        }
    }
}

private func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    return String(text)
}
