private let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

/// The standard base64 form of bytes, padded.
package func base64Encoded(_ bytes: [UInt8]) -> String {
    encoded(bytes, bits: 6, group: 4, alphabet: alphabet)
}

/// The bytes of a standard base64 text; line breaks are skipped as Go does.
package func base64Decoded(_ text: String) throws(ValueFailure) -> [UInt8] {
    try decoded(text, bits: 6, group: 4, alphabet: alphabet, name: "base64")
}

private let alphabet32 = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

func base32Encoded(_ bytes: [UInt8]) -> String { encoded(bytes, bits: 5, group: 8, alphabet: alphabet32) }

func base32Decoded(_ text: String) throws(ValueFailure) -> [UInt8] {
    try decoded(text, bits: 5, group: 8, alphabet: alphabet32, name: "base32")
}

private func encoded(_ bytes: [UInt8], bits: Int, group: Int, alphabet: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count * 8 + bits - 1) / bits + group)
    var buffer = 0
    var held = 0
    for byte in bytes {
        buffer = buffer << 8 | Int(byte)
        held += 8
        while held >= bits {
            held -= bits
            text.append(alphabet[buffer >> held & (1 << bits - 1)])
        }
        buffer &= (1 << held) - 1
    }
    if held > 0 { text.append(alphabet[buffer << (bits - held) & (1 << bits - 1)]) }
    while text.count % group != 0 { text.append(UInt8(ascii: "=")) }
    return String(decoding: text, as: UTF8.self)
}

private func decoded(
    _ text: String, bits: Int, group: Int, alphabet: [UInt8], name: String
) throws(ValueFailure) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = 0
    var held = 0
    var count = 0
    var padding = 0
    for (offset, byte) in text.utf8.enumerated() {
        if byte == 10 || byte == 13 { continue }
        count += 1
        if byte == UInt8(ascii: "=") {
            padding += 1
            continue
        }
        guard padding == 0, let digit = alphabet.firstIndex(of: byte) else {
            throw ValueFailure("illegal \(name) data at input byte \(offset)")
        }
        buffer = buffer << bits | digit
        held += bits
        if held >= 8 {
            held -= 8
            bytes.append(UInt8(buffer >> held & 0xff))
        }
        buffer &= (1 << held) - 1
    }
    guard count % group == 0, padding < group else {
        throw ValueFailure("illegal \(name) data at input byte \(text.utf8.count - text.utf8.count % group)")
    }
    return bytes
}
