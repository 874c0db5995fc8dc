package import ActorTransport
import Model

/// The parameters of a query, decoded; of several with one name the first counts, as with Argo's server.
///
/// Names that no handler asks for are ignored.
package struct QueryParameters: Sendable {
    private var values: [(name: String, value: String)] = []

    package init() {}

    /// - Throws: `invalidArgument` where an escape is malformed.
    package init(_ query: Substring) throws(ServiceError) {
        guard !query.isEmpty else { return }
        for pair in query.split(separator: "&") {
            let mark = pair.utf8.firstIndex(of: UInt8(ascii: "="))
            let rawName = mark.map { pair[..<$0] } ?? pair
            let rawValue = mark.map { pair[pair.utf8.index(after: $0)...] } ?? ""
            guard let name = percentDecoded(rawName, plusIsSpace: true),
                let value = percentDecoded(rawValue, plusIsSpace: true)
            else { throw ServiceError(.invalidArgument, "invalid URL escape in the query parameter \"\(pair)\"") }
            self.values.append((name, value))
        }
    }

    /// The value, or `nil` where the parameter is absent.
    package subscript(_ name: String) -> String? { self.values.first { $0.name == name }?.value }

    /// The value; empty where the parameter is absent.
    package func text(_ name: String) -> String { self[name] ?? "" }

    /// The value where it says anything.
    package func nonEmpty(_ name: String) -> String? {
        guard let value = self[name], !value.isEmpty else { return nil }
        return value
    }

    /// A truth value in any of the forms that Go reads: hera sends `True`, others `true` or `1`.
    package func bool(_ name: String) throws(ServiceError) -> Bool {
        guard let text = self[name] else { return false }
        switch text {
        case "1", "t", "T", "TRUE", "true", "True": return true
        case "0", "f", "F", "FALSE", "false", "False": return false
        default: throw Self.mismatch(name, text, parser: "ParseBool")
        }
    }

    package func integer(_ name: String) throws(ServiceError) -> Int? {
        guard let text = self[name] else { return nil }
        guard let number = Int(text) else { throw Self.mismatch(name, text, parser: "ParseInt") }
        return number
    }

    /// A time as RFC 3339, or in the two parts that clients of protobuf send (`name.seconds`, `name.nanos`).
    package func time(_ name: String) throws(ServiceError) -> String? {
        if let text = self.nonEmpty(name) {
            guard Timestamp(text) != nil else {
                throw ServiceError(
                    .invalidArgument,
                    "type mismatch, parameter: \(name), error: \"\(text)\" is no time such as 2026-01-31T23:59:59Z")
            }
            return text
        }
        guard let seconds = try self.integer("\(name).seconds") else { return nil }
        guard Self.seconds.contains(seconds) else {
            throw ServiceError(
                .invalidArgument, "type mismatch, parameter: \(name).seconds, error: \(seconds) is out of range")
        }
        let nanoseconds = try self.integer("\(name).nanos") ?? 0
        guard (0..<1_000_000_000).contains(nanoseconds) else {
            throw ServiceError(
                .invalidArgument, "type mismatch, parameter: \(name).nanos, error: \(nanoseconds) is out of range")
        }
        let text = Timestamp(seconds: Int64(seconds)).description
        return nanoseconds == 0 ? text : "\(text.dropLast()).\(String(1_000_000_000 + nanoseconds).dropFirst())Z"
    }

    /// What a time in nanoseconds can hold, and has four digits for its year.
    private static let seconds = -9_000_000_000...9_000_000_000

    private static func mismatch(_ name: String, _ text: String, parser: String) -> ServiceError {
        ServiceError(
            .invalidArgument,
            "type mismatch, parameter: \(name), error: strconv.\(parser): parsing \"\(text)\": invalid syntax")
    }
}
