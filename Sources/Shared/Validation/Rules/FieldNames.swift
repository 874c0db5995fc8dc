import Model

/// The rules for names within a spec.
enum FieldNames {
    static let maximumLength = 128

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    /// Whether Kubernetes takes a text for the name of an object.
    static func isSubdomain(_ name: String) -> Bool {
        name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy(self.isLabel)
    }

    /// Whether a text is one part of such a name, and so what Kubernetes takes for a namespace, but for its length.
    static func isLabel(_ label: Substring.UTF8View) -> Bool {
        label.first.map(self.isLowerAlphanumeric) == true && label.last.map(self.isLowerAlphanumeric) == true
            && label.allSatisfy { self.isLowerAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
        self.isAlphanumeric(byte) && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    /// What is wrong with the name of a template, step, task or container; empty where nothing is.
    static func problem(withName name: String) -> String {
        var problems: [String] = []
        if name.utf8.count > self.maximumLength {
            problems.append("must be no more than \(self.maximumLength) characters")
        }
        let isWellFormed =
            name.utf8.first.map(self.isAlphanumeric) == true
            && name.utf8.allSatisfy { self.isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        if !isWellFormed {
            problems.append(
                "name must consist of alpha-numeric characters or '-', and must start with an alpha-numeric character "
                    + "(e.g. My-name1-2, 123-NAME)")
        }
        return problems.joined(separator: ";")
    }

    /// What is wrong with the name of a parameter or artifact; empty where nothing is.
    static func problem(withParameterName name: String) -> String {
        let isWellFormed =
            !name.isEmpty
            && name.utf8.allSatisfy {
                self.isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            }
        return isWellFormed
            ? ""
            : "Parameter/Artifact name must consist of alpha-numeric characters, '_' or '-' e.g. my_param_1, MY-PARAM-1"
    }

    /// Names of a list must be there, be well formed and differ.
    ///
    /// - Throws: an issue that begins with the index, so that the list's own name goes before it.
    static func check(_ names: [String], problem: (String) -> String) throws(ValidationIssue) {
        var seen: Set<String> = []
        for (index, name) in names.enumerated() {
            guard !name.isEmpty else { throw ValidationIssue("[\(index)].name is required") }
            let problem = problem(name)
            guard problem.isEmpty else {
                throw ValidationIssue("[\(index)].name: '\(name)' is invalid: \(problem)")
            }
            guard seen.insert(name).inserted else {
                throw ValidationIssue("[\(index)].name '\(name)' is not unique")
            }
        }
    }

    static func check(_ names: [String], in list: String) throws(ValidationIssue) {
        try self.check(names, in: list, problem: self.problem(withName:))
    }

    static func checkParameters(_ names: [String], in list: String) throws(ValidationIssue) {
        try self.check(names, in: list, problem: self.problem(withParameterName:))
    }

    private static func check(
        _ names: [String], in list: String, problem: (String) -> String
    ) throws(ValidationIssue) {
        do {
            try self.check(names, problem: problem)
        } catch {
            throw ValidationIssue("\(list)\(error.message)")
        }
    }
}
