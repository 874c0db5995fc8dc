internal import CYaml

/// What libyaml finds in a text, one piece after the other.
///
/// The only place that holds libyaml's pointers: what it hands out are values.
final class YAMLEvents {
    /// A piece of a document.
    enum Event {
        case documentStart
        case documentEnd
        case streamEnd
        case alias(String)
        case scalar(YAMLScalar, anchor: String?)
        case sequenceStart(anchor: String?)
        case sequenceEnd
        case mappingStart(anchor: String?)
        case mappingEnd
    }

    private var parser = yaml_parser_t()
    private let text: UnsafeMutableBufferPointer<UInt8>
    /// Where the last event began.
    private(set) var mark = YAMLMark(line: 1, column: 1)

    init(_ bytes: [UInt8]) {
        self.text = .allocate(capacity: bytes.count)
        _ = self.text.initialize(from: bytes)
        yaml_parser_initialize(&self.parser)
        yaml_parser_set_encoding(&self.parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(&self.parser, self.text.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(&self.parser)
        self.text.deallocate()
    }

    func next() throws(YAMLSyntaxError) -> Event {
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(&self.parser, &event) == 1 else { throw self.failure() }
            defer { yaml_event_delete(&event) }
            self.mark = YAMLMark(event.start_mark)
            switch event.type {
            case YAML_DOCUMENT_START_EVENT: return .documentStart
            case YAML_DOCUMENT_END_EVENT: return .documentEnd
            case YAML_STREAM_END_EVENT: return .streamEnd
            case YAML_ALIAS_EVENT: return .alias(string(event.data.alias.anchor) ?? "")
            case YAML_SCALAR_EVENT: return .scalar(scalar(event.data.scalar), anchor: string(event.data.scalar.anchor))
            case YAML_SEQUENCE_START_EVENT: return .sequenceStart(anchor: string(event.data.sequence_start.anchor))
            case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
            case YAML_MAPPING_START_EVENT: return .mappingStart(anchor: string(event.data.mapping_start.anchor))
            case YAML_MAPPING_END_EVENT: return .mappingEnd
            // The start of the stream, and nothing that libyaml has today.
            default: continue
            }
        }
    }

    private func failure() -> YAMLSyntaxError {
        let said = self.parser.problem.map { String(cString: $0) } ?? "not readable"
        // libyaml has a limit of its own, below ours, for collections in flow style.
        let isTooDeep = said.hasPrefix("Maximum nesting level reached")
        let problem = isTooDeep ? "nested too deeply: write it with fewer levels" : said
        if self.parser.error == YAML_READER_ERROR {
            let offset = min(self.parser.problem_offset, self.text.count)
            return YAMLSyntaxError(mark: YAMLMark(offset: offset, in: self.text), problem: problem)
        }
        var failure = YAMLSyntaxError(mark: YAMLMark(self.parser.problem_mark), problem: problem)
        if let context = self.parser.context {
            failure.context = "\(String(cString: context)) (from line \(self.parser.context_mark.line + 1))"
        }
        return failure
    }
}

private func string(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    pointer.map { String(cString: UnsafePointer($0)) }
}

private func scalar(_ event: yaml_event_t.__Unnamed_union_data.__Unnamed_struct_scalar) -> YAMLScalar {
    let bytes = UnsafeBufferPointer(start: event.value, count: event.length)
    return YAMLScalar(
        text: String(decoding: bytes, as: UTF8.self), tag: string(event.tag), isPlain: event.plain_implicit != 0)
}

extension YAMLMark {
    fileprivate init(_ mark: yaml_mark_t) { self.init(line: mark.line + 1, column: mark.column + 1) }

    fileprivate init(offset: Int, in text: UnsafeMutableBufferPointer<UInt8>) {
        let before = text[..<offset]
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        self.init(line: before.count { $0 == UInt8(ascii: "\n") } + 1, column: offset - lineStart + 1)
    }
}
