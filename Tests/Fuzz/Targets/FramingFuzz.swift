import ActorTransport

@testable import HTTP2

/// The framing of gRPC: however the bytes are cut, the same messages come out.
enum FramingFuzz {
    private static let limit = 1024

    static func run(_ input: [UInt8]) throws {
        let bytes = Array(input.dropFirst())
        let size = Int(input.first ?? 0) % 16 + 1
        let whole = self.read([bytes[...]])
        let pieces = stride(from: 0, to: bytes.count, by: size).map { bytes[$0...].prefix(size) }
        let cut = self.read(pieces)
        promise(whole.messages == cut.messages, "pieces of \(size) bytes give the same messages")
        promise(whole.failure == cut.failure, "pieces of \(size) bytes fail alike")
        promise(whole.messages.allSatisfy { $0.count <= self.limit }, "no message is larger than the limit")
        let again = self.read([whole.messages.flatMap { MessageFraming.frame($0) }[...]])
        promise(again.messages == whole.messages, "what is framed is read again")
    }

    private static func read(_ pieces: [ArraySlice<UInt8>]) -> (messages: [[UInt8]], failure: Int?) {
        var reader = MessageReader(limit: self.limit)
        var messages: [[UInt8]] = []
        for piece in pieces {
            do throws(GRPCStatus) {
                try reader.read(Array(piece).span.bytes) { messages.append($0) }
            } catch {
                return (messages, error.code)
            }
        }
        return (messages, nil)
    }
}

/// Texts that travel in headers.
enum MetadataFuzz {
    static func run(_ input: [UInt8]) {
        let text = String(decoding: input, as: UTF8.self)
        promise(PercentEncoding.decode(PercentEncoding.encode(text)) == text, "percent encoding gives the text back")
        promise(Base64.decode(Base64.encode(input)) == input, "base64 gives the bytes back")
        _ = PercentEncoding.decode(text)
        _ = Base64.decode(text)
        if let duration = GRPCTimeout.decode(text) {
            promise(GRPCTimeout.decode(GRPCTimeout.encode(duration)).map { $0 >= duration } ?? false, "no time is lost")
        }
        var block = HeaderBlock()
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            block.add(String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
        promise(block.all.count == block.count, "every header is there")
        if let status = GRPCStatus(block) {
            promise(GRPCStatus(status.trailers) != nil, "a status is written and read")
        }
    }
}
