import COpenSSL

/// The number that tells an authority's certificates apart.
enum SerialNumber {
    /// Random bytes of a new number: more than anybody can guess, and few enough for every reader.
    static let byteCount = 16

    static func random() throws(TLSError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: self.byteCount)
        guard RAND_bytes(&bytes, Int32(bytes.count)) == 1 else {
            throw TLSError(.failed, "OpenSSL has no random numbers: \(OpenSSLFailure.take().text)")
        }
        // Positive, never zero, and always of the same length.
        bytes[0] = bytes[0] & 0x7F | 0x40
        return bytes
    }

    /// Hexadecimal digits, upper case.
    static func text(_ number: UnsafePointer<ASN1_INTEGER>?) -> String {
        guard let big = ASN1_INTEGER_to_BN(number, nil) else { return "" }
        defer { BN_free(big) }
        guard let digits = BN_bn2hex(big) else { return "" }
        defer { CRYPTO_free(digits, nil, 0) }
        return String(cString: digits)
    }

    /// The bytes of hexadecimal digits, which colons may part; `nil` for what is no number.
    static func bytes(_ text: String) -> [UInt8]? {
        var digits = text.filter { $0 != ":" }
        if digits.count % 2 == 1 { digits = "0" + digits }
        guard !digits.isEmpty, digits.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).compactMap { place in
            let start = digits.index(digits.startIndex, offsetBy: place)
            return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)
        }
    }

    /// Runs the body with the number as OpenSSL holds it.
    static func with<Value>(
        _ bytes: [UInt8], _ body: (UnsafeMutablePointer<ASN1_INTEGER>) throws(TLSError) -> Value
    ) throws(TLSError) -> Value {
        guard let big = BN_bin2bn(bytes, Int32(bytes.count), nil), let number = BN_to_ASN1_INTEGER(big, nil) else {
            throw TLSError(.failed, "OpenSSL has no memory left")
        }
        defer {
            ASN1_INTEGER_free(number)
            BN_free(big)
        }
        return try body(number)
    }
}
