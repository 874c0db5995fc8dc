import JSON
import Model
import OrderedCollections

/// What Kubernetes would refuse of an object's metadata, in its words.
enum MetadataCheck {
    /// The longest name part of a key, and the longest value of a label.
    private static let maximumPartLength = 63
    private static let maximumPrefixLength = 253
    /// The sum of all annotations, keys and values.
    private static let maximumAnnotationsSize = 256 << 10

    private static let qualifiedNameRule =
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
        + "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
        + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
    private static let labelValueRule =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
        + "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
        + "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
    private static let subdomainRule =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
        + "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
        + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

    private static let labelRule =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
        + "with an alphanumeric character (e.g. 'my-name',  or '123-abc')"

    static func issues(of metadata: ObjectMeta) -> [ValidationIssue] {
        self.nameIssues(of: metadata) + self.labelIssues(metadata.labels)
            + self.annotationIssues(metadata.annotations)
    }

    /// A name must be one that Kubernetes takes, and so must one that is drawn.
    private static func nameIssues(of metadata: ObjectMeta) -> [ValidationIssue] {
        var issues: [ValidationIssue] = []
        if !metadata.name.isEmpty, !FieldNames.isSubdomain(metadata.name) {
            issues.append(self.issue(withName: metadata.name, of: "name"))
        }
        // What is drawn begins with a letter or digit, so a prefix may end with anything that may stand within a name.
        if let prefix = metadata.generateName, !prefix.isEmpty, !FieldNames.isSubdomain("\(prefix)x") {
            issues.append(self.issue(withName: prefix, of: "generateName"))
        }
        return issues + self.issues(ofNamespace: metadata.namespace)
    }

    /// A namespace is one label of a domain name; an empty one is for others to fill in or to refuse.
    static func issues(ofNamespace namespace: String) -> [ValidationIssue] {
        var problems: [String] = []
        if namespace.utf8.count > self.maximumPartLength { problems.append(self.tooLong(self.maximumPartLength)) }
        if !namespace.isEmpty, !FieldNames.isLabel(namespace.utf8[...]) { problems.append(self.labelRule) }
        // Quoted as JSON: it may hold what a terminal obeys.
        return problems.map {
            ValidationIssue("metadata.namespace: Invalid value: \(JSONValue.string(namespace).text): \($0)")
        }
    }

    private static func issue(withName name: String, of member: String) -> ValidationIssue {
        ValidationIssue(
            "metadata.\(member): Invalid value: \"\(name)\": a lowercase RFC 1123 subdomain must consist of lower case "
                + "alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character "
                + "(e.g. 'example.com')")
    }

    private static func labelIssues(_ labels: StringMap) -> [ValidationIssue] {
        labels.flatMap { key, value in
            (self.problems(withKey: key).map { (key, $0) } + self.problems(withLabel: value).map { (value, $0) })
                .map { ValidationIssue("metadata.labels: Invalid value: \"\($0)\": \($1)") }
        }
    }

    private static func annotationIssues(_ annotations: StringMap) -> [ValidationIssue] {
        var issues = annotations.keys.flatMap { key in
            // Unlike the keys of labels, these may have capitals in their prefix.
            self.problems(withKey: key.lowercased()).map {
                ValidationIssue("metadata.annotations: Invalid value: \"\(key)\": \($0)")
            }
        }
        let size = annotations.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        if size > self.maximumAnnotationsSize {
            issues.append(
                ValidationIssue(
                    "metadata.annotations: Too long: may not be more than \(self.maximumAnnotationsSize) bytes"))
        }
        return issues
    }

    private static func problems(withLabel value: String) -> [String] {
        var problems: [String] = []
        if value.utf8.count > self.maximumPartLength { problems.append(self.tooLong(self.maximumPartLength)) }
        if !value.isEmpty, !self.isNamePart(value) { problems.append(self.labelValueRule) }
        return problems
    }

    /// A key is a name, with a domain and a slash before it or without.
    private static func problems(withKey key: String) -> [String] {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, let name = parts.last else {
            return [
                "a qualified name \(self.qualifiedNameRule) with an optional DNS subdomain prefix and '/' "
                    + "(e.g. 'example.com/MyName')"
            ]
        }
        var problems: [String] = []
        if parts.count == 2 {
            if parts[0].isEmpty {
                problems.append("prefix part must be non-empty")
            } else {
                if parts[0].utf8.count > self.maximumPrefixLength {
                    problems.append("prefix part \(self.tooLong(self.maximumPrefixLength))")
                }
                if !FieldNames.isSubdomain(parts[0]) { problems.append("prefix part \(self.subdomainRule)") }
            }
        }
        if name.isEmpty {
            problems.append("name part must be non-empty")
        } else if name.utf8.count > self.maximumPartLength {
            problems.append("name part \(self.tooLong(self.maximumPartLength))")
        }
        if !self.isNamePart(name) { problems.append("name part \(self.qualifiedNameRule)") }
        return problems
    }

    private static func tooLong(_ limit: Int) -> String { "must be no more than \(limit) bytes" }

    private static func isNamePart(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        return FieldNames.isAlphanumeric(first) && FieldNames.isAlphanumeric(last)
            && text.utf8.allSatisfy {
                FieldNames.isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                    || $0 == UInt8(ascii: ".")
            }
    }
}
