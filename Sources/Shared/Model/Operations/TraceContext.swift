import OrderedCollections

/// Where a piece of work belongs in a trace.
///
/// It travels as the header `traceparent` of W3C Trace Context, level 1: version, trace, span and flags, as in
/// `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`. A workflow holds its trace, and each of its pods trace
/// and span, in annotations with Argo's names.
package struct TraceContext: Sendable, Hashable {
    /// 32 digits in lower case, not all of them 0.
    package let traceID: String
    /// 16 digits in lower case, not all of them 0.
    package let spanID: String
    /// What the caller says of recording, as two digits.
    private let flags: String

    private init(traceID: String, spanID: String, flags: String = "01") {
        self.traceID = traceID
        self.spanID = spanID
        self.flags = flags
    }

    /// `nil` for what is no such header: whoever is given it begins a trace of its own (section 4.3).
    package init?(traceparent: String) {
        let parts = traceparent.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 4, let version = parts.first, Self.isNumber(version, digits: 2), version != "ff",
            // Later versions may say more behind the flags.
            version != "00" || parts.count == 4,
            Self.isIdentifier(parts[1], digits: 32), Self.isIdentifier(parts[2], digits: 16),
            Self.isNumber(parts[3], digits: 2)
        else { return nil }
        self.init(traceID: parts[1], spanID: parts[2], flags: parts[3])
    }

    /// A pod's place, as its annotations say it.
    package init?(annotations: StringMap) {
        guard let trace = annotations[WorkflowKeys.traceID], Self.isIdentifier(trace, digits: 32),
            let span = annotations[WorkflowKeys.spanID], Self.isIdentifier(span, digits: 16)
        else { return nil }
        self.init(traceID: trace, spanID: span)
    }

    /// A trace that begins here.
    package init(using random: inout some RandomNumberGenerator) {
        self.init(
            traceID: Self.identifier(using: &random) + Self.identifier(using: &random),
            spanID: Self.identifier(using: &random))
    }

    /// A span of the same trace.
    package func child(using random: inout some RandomNumberGenerator) -> TraceContext {
        TraceContext(traceID: self.traceID, spanID: Self.identifier(using: &random), flags: self.flags)
    }

    package var traceparent: String { "00-\(self.traceID)-\(self.spanID)-\(self.flags)" }

    /// The trace of a workflow that no request of a trace asked for: its uid.
    package static func traceID(uid: String) -> String? {
        let digits = uid.filter { $0 != "-" }
        return self.isIdentifier(digits, digits: 32) ? digits : nil
    }

    package static func isTraceID(_ text: String) -> Bool { self.isIdentifier(text, digits: 32) }

    /// The span of one attempt at a pod, the same wherever it is asked for.
    package static func spanID(node: String, attempt: Int) -> String {
        let (high, low) = (NodeNames.hash(node), NodeNames.hash("\(node)#\(attempt)"))
        return max(1, UInt64(high) << 32 | UInt64(low)).hexadecimal
    }

    private static func identifier(using random: inout some RandomNumberGenerator) -> String {
        UInt64.random(in: 1 ... .max, using: &random).hexadecimal
    }

    private static func isNumber(_ text: String, digits: Int) -> Bool {
        text.utf8.count == digits
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func isIdentifier(_ text: String, digits: Int) -> Bool {
        self.isNumber(text, digits: digits) && text.utf8.contains { $0 != 0x30 }
    }
}
