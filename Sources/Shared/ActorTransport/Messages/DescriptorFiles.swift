import Proto

/// The files of `proto/` in their compiled form, found by their names and by what they declare.
struct DescriptorFiles: Sendable {
    private struct File {
        var bytes: [UInt8]
        var imports: [String] = []
    }

    /// The numbers of the fields in `google/protobuf/descriptor.proto` that are looked at.
    private enum Field {
        static let file = 1
        static let name = 1
        static let package = 2
        static let fileImport = 3
        static let message = 4
        static let enumeration = 5
        static let service = 6
        static let method = 2
        static let nestedMessage = 3
        static let nestedEnumeration = 4
    }

    private var files: [String: File] = [:]
    /// The file that declares a message, a service, a method or an enumeration.
    private var symbols: [String: String] = [:]
    private(set) var services: [String] = []

    /// Those that this program was built with.
    static let compiled: DescriptorFiles = {
        var count = 0
        return DescriptorFiles(set: Array(UnsafeBufferPointer(start: proto_descriptor_set(&count), count: count)))
    }()

    /// - Parameter set: a FileDescriptorSet.
    init(set: [UInt8]) {
        for part in EncodedFields(set[...]) where part.number == Field.file { self.add(part.bytes) }
        self.services.sort()
    }

    /// A file, and all that it imports.
    func withImports(_ name: String) -> [[UInt8]]? {
        guard self.files[name] != nil else { return nil }
        var names = [name]
        var place = 0
        while place < names.count {
            for name in self.files[names[place]]?.imports ?? [] where !names.contains(name) { names.append(name) }
            place += 1
        }
        return names.compactMap { self.files[$0]?.bytes }
    }

    /// The file that declares a symbol, and all that it imports.
    func declaring(_ symbol: String) -> [[UInt8]]? { self.symbols[symbol].flatMap { self.withImports($0) } }

    private mutating func add(_ bytes: ArraySlice<UInt8>) {
        let parts = EncodedFields(bytes)
        let name = parts.text(Field.name)
        let package = parts.text(Field.package)
        var file = File(bytes: Array(bytes))
        for part in parts {
            switch part.number {
            case Field.fileImport: file.imports.append(part.text)
            case Field.message: self.addMessage(part.bytes, in: package, of: name)
            case Field.enumeration: self.symbols["\(package).\(part.name)"] = name
            case Field.service:
                let service = "\(package).\(part.name)"
                self.services.append(service)
                self.symbols[service] = name
                for method in EncodedFields(part.bytes) where method.number == Field.method {
                    self.symbols["\(service).\(method.name)"] = name
                }
            default: break
            }
        }
        self.files[name] = file
    }

    private mutating func addMessage(_ bytes: ArraySlice<UInt8>, in scope: String, of file: String) {
        let parts = EncodedFields(bytes)
        let message = "\(scope).\(parts.text(Field.name))"
        self.symbols[message] = file
        for part in parts {
            switch part.number {
            case Field.nestedMessage: self.addMessage(part.bytes, in: message, of: file)
            case Field.nestedEnumeration: self.symbols["\(message).\(part.name)"] = file
            default: break
            }
        }
    }
}

/// The fields of an encoded message that hold bytes; numbers are passed over.
private struct EncodedFields: Sequence, IteratorProtocol {
    struct Part {
        var number: Int
        var bytes: ArraySlice<UInt8>

        var text: String { String(decoding: self.bytes, as: UTF8.self) }
        /// Nearly all that has a name has it in its first field.
        var name: String { EncodedFields(self.bytes).text(1) }
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { self.rest = bytes }

    func text(_ number: Int) -> String { self.first { $0.number == number }?.text ?? "" }

    mutating func next() -> Part? {
        while let key = self.varint() {
            switch key & 7 {
            case 0: _ = self.varint()
            case 1: self.rest = self.rest.dropFirst(8)
            case 2:
                guard let count = self.varint() else { return nil }
                defer { self.rest = self.rest.dropFirst(count) }
                return Part(number: key >> 3, bytes: self.rest.prefix(count))
            case 5: self.rest = self.rest.dropFirst(4)
            default: return nil
            }
        }
        return nil
    }

    private mutating func varint() -> Int? {
        var value = 0
        var shift = 0
        while let byte = self.rest.popFirst(), shift < 63 {
            value |= Int(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        return nil
    }
}
