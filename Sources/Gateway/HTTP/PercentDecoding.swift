/// A percent-encoded text, decoded; `nil` where an escape is malformed or the result is not UTF-8.
///
/// In a query a plus sign stands for a space (`plusIsSpace`), in a path it does not.
package func percentDecoded(_ text: Substring, plusIsSpace: Bool = false) -> String? {
    let utf8 = text.utf8
    let isPlain = !utf8.contains { $0 == UInt8(ascii: "%") || (plusIsSpace && $0 == UInt8(ascii: "+")) }
    guard !isPlain else { return String(text) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(utf8.count)
    var index = utf8.startIndex
    while index != utf8.endIndex {
        let byte = utf8[index]
        utf8.formIndex(after: &index)
        if byte == UInt8(ascii: "+"), plusIsSpace {
            bytes.append(UInt8(ascii: " "))
            continue
        }
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard let high = nextHexDigit(of: utf8, at: &index), let low = nextHexDigit(of: utf8, at: &index) else {
            return nil
        }
        bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
}

private func nextHexDigit(of utf8: Substring.UTF8View, at index: inout Substring.UTF8View.Index) -> UInt8? {
    guard index != utf8.endIndex else { return nil }
    let byte = utf8[index]
    utf8.formIndex(after: &index)
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): return byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): return byte - UInt8(ascii: "A") + 10
    default: return nil
    }
}
