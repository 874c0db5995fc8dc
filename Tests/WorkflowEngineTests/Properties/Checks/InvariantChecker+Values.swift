import JSON
import Model
import OrderedCollections
import WorkflowEngine

// What texts come to, worked out without the engine: as many forms as the generator writes.
extension InvariantChecker {
    /// What a reference stands for.
    enum Reading: Equatable {
        case text(String)
        /// The output of a node that did not run, and has no default.
        case absent
        /// Nothing of that name is there.
        case missing
        /// The checker does not know.
        case unknown

        var text: String? { if case .text(let text) = self { text } else { nil } }
    }

    /// Where a text stands.
    struct Standpoint {
        var frame: Frame?
        var item: JSONValue?
        /// The node that a hook belongs to: its own outputs are there before its step has ended.
        var owner: NodeRow?
    }

    /// A text with its tags replaced.
    func reading(_ written: String, _ place: Standpoint) -> Reading {
        var result = ""
        var rest = Substring(written)
        while let start = rest.firstRange(of: "{{"), let end = rest.firstRange(of: "}}") {
            let tag = rest[start.upperBound..<end.lowerBound]
            let value = tag.hasPrefix("=") ? self.value(ofExpression: tag.dropFirst(), place) : self.value(tag, place)
            guard case .text(let text) = value else {
                return value == .absent && (rest.count != written.count || end.upperBound != rest.endIndex)
                    ? .missing : value
            }
            result += rest[..<start.lowerBound] + text
            rest = rest[end.upperBound...]
        }
        return .text(result + rest)
    }

    private func value(ofExpression source: Substring, _ place: Standpoint) -> Reading {
        func applied(_ name: Substring, _ change: (String) -> String?) -> Reading {
            let value = self.value(name, place)
            guard case .text(let text) = value else { return value == .absent ? .unknown : value }
            return change(text).map { .text($0) } ?? .unknown
        }
        if source.hasSuffix(" + '!'") { return applied(source.dropLast(6)) { $0 + "!" } }
        if source.hasPrefix("sprig.upper(") { return applied(source.dropFirst(12).dropLast()) { $0.uppercased() } }
        if source.hasPrefix("asInt(") {
            return applied(source.dropFirst(6).dropLast(5)) { Int($0).map { "\($0 - 1)" } }
        }
        return applied(source) { $0 }
    }

    func value(_ name: Substring, _ place: Standpoint) -> Reading {
        let parts = name.split(separator: ".").map(String.init)
        switch (parts.first, parts.count) {
        case ("workflow", 3) where parts[1] == "parameters":
            let parameter = self.workflow.spec.arguments.parameters.first { $0.name == parts[2] }
            return parameter?.value.map { .text($0) } ?? .missing
        case ("workflow", 2) where parts[1] == "name": return .text(self.workflow.metadata.name)
        case ("inputs", 3):
            let parameter = place.frame?.row.status.inputs?.parameters.first { $0.name == parts[2] }
            return parameter?.value.map { .text($0) } ?? .unknown
        case ("item", 1): return place.item.map { .text(Self.text(of: $0)) } ?? .missing
        case ("item", 2): return place.item?[parts[1]].map { .text(Self.text(of: $0)) } ?? .missing
        case ("steps", _), ("tasks", _):
            guard let frame = place.frame, parts.count > 2, let site = frame.written.sites[parts[1]] else {
                return .unknown
            }
            return self.value(parts.dropFirst(2).joined(separator: "."), of: site, frame, owner: place.owner)
        default: return .unknown
        }
    }

    static func text(of item: JSONValue) -> String { item.stringValue ?? item.text }

    private func value(
        _ member: String, of site: WrittenTemplate.Site, _ frame: Frame, owner: NodeRow?
    ) -> Reading {
        let isOwn = owner.flatMap { self.site(of: $0) }?.place.site == site.step.name
        if site.isLoop, !isOwn {
            let items = self.items(of: site, in: frame)
            if !items.isEmpty { return self.aggregate(member, of: items) }
        }
        guard let node = isOwn ? owner : self.node(of: site, in: frame) else { return .missing }
        let speaker = self.speaker(for: node)
        if member == "status" { return .text(speaker.phase.rawValue) }
        if speaker.outputs == nil, speaker.type == .skipped, !speaker.phase.isFailedOrError {
            guard member == "outputs.parameters.o" else { return .unknown }
            let template = site.inline ?? site.step.template.flatMap { self.templates[$0] }
            let declared = template?.template.outputs.parameters.first { $0.name == "o" }
            guard let declared else { return .missing }
            return declared.valueFrom?.defaultValue.map { .text($0) } ?? .absent
        }
        return Self.output(member, of: speaker).map { .text($0) } ?? .missing
    }

    private static func output(_ member: String, of node: NodeStatus) -> String? {
        switch member {
        case "outputs.parameters.o": node.outputs?.parameters.first { $0.name == "o" }?.value
        case "outputs.result": node.outputs?.result
        default: nil
        }
    }

    /// The outputs of all items that succeeded, as a list in the order of the items.
    private func aggregate(_ member: String, of items: [NodeRow]) -> Reading {
        guard member.hasPrefix("outputs.") else { return .unknown }
        let ended = items.map(\.status).filter { $0.phase == .succeeded }
        let texts = ended.compactMap { node -> String? in
            // One that nobody supplied is empty.
            let isUnset = member != "outputs.result" && node.outputs?.parameters.isEmpty == false
            return Self.output(member, of: node) ?? (isUnset ? "" : nil)
        }
        let values = texts.map { JSONValue.parsed($0) }
        if member == "outputs.result" {
            return .text(JSONValue.array(zip(texts, values).map { $1 ?? .string($0) }).text)
        }
        guard !texts.isEmpty else { return .unknown }
        let areAllNested = values.allSatisfy { $0?.arrayValue != nil || $0?.objectValue != nil }
        return .text(JSONValue.array(areAllNested ? values.compactMap { $0 } : texts.map { .string($0) }).text)
    }

    /// The items of a loop; `nil` where the checker cannot tell.
    func items(of site: WrittenTemplate.Site, _ frame: Frame) -> [JSONValue]? {
        let place = Standpoint(frame: frame)
        if let text = site.step.withParam { return self.reading(text, place).text.flatMap { JSONValue.list($0) } }
        guard let sequence = site.step.withSequence else { return site.step.withItems }
        func number(_ value: IntOrString?) -> Int? {
            value.flatMap { self.reading($0.text, place).text }.flatMap { Int($0) }
        }
        let start = number(sequence.start) ?? 0
        guard let end = number(sequence.end) ?? number(sequence.count).map({ start + $0 - 1 }) else { return nil }
        if sequence.end == nil, end < start { return [] }
        return stride(from: start, through: end, by: start <= end ? 1 : -1).map { number in
            .string(sequence.format == nil ? "\(number)" : "n\(number < 10 ? "0" : "")\(number)")
        }
    }

    /// A reference to an artifact: that of the node which it names.
    func artifact(_ artifact: Artifact, in frame: Frame) -> Artifact? {
        let source = (artifact.from ?? artifact.fromExpression ?? "").filter { $0 != "{" && $0 != "}" }
        let parts = source.split(separator: ".").map(String.init)
        guard parts.count == 5, let site = frame.written.sites[parts[1]], let node = self.node(of: site, in: frame)
        else { return nil }
        return self.speaker(for: node).outputs?.artifacts.first { $0.name == parts[4] }
    }
}

extension JSONValue {
    static func parsed(_ text: String) -> JSONValue? {
        do throws(JSONSyntaxError) { return try JSONValue.parse(text) } catch { return nil }
    }

    static func list(_ text: String) -> [JSONValue]? { self.parsed(text)?.arrayValue }
}
