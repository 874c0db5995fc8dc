/// Functions of sprig that encode and digest.
let sprigEncodings: [String: NativeFunction] = [
    "b64enc": exactly(1) { (call) throws(ValueFailure) in .string(base64Encoded(Array(try call.goText(0).utf8))) },
    "b64dec": exactly(1) { (call) throws(ValueFailure) in
        do throws(ValueFailure) {
            return .string(String(decoding: try base64Decoded(try call.goText(0)), as: UTF8.self))
        } catch {
            // Sprig gives the problem for a result.
            return .string(error.message)
        }
    },
    "b32enc": exactly(1) { (call) throws(ValueFailure) in .string(base32Encoded(Array(try call.goText(0).utf8))) },
    "b32dec": exactly(1) { (call) throws(ValueFailure) in
        do throws(ValueFailure) {
            return .string(String(decoding: try base32Decoded(try call.goText(0)), as: UTF8.self))
        } catch {
            // Sprig gives the problem for a result.
            return .string(error.message)
        }
    },
    "sha1sum": exactly(1) { (call) throws(ValueFailure) in
        .string(hexadecimal(Digest.sha1(Array(try call.goText(0).utf8))))
    },
    "sha256sum": exactly(1) { (call) throws(ValueFailure) in
        .string(hexadecimal(Digest.sha256(Array(try call.goText(0).utf8))))
    },
    "sha512sum": exactly(1) { (call) throws(ValueFailure) in
        .string(hexadecimal(Digest.sha512(Array(try call.goText(0).utf8))))
    },
    "adler32sum": exactly(1) { (call) throws(ValueFailure) in
        .string(String(Digest.adler32(Array(try call.goText(0).utf8))))
    },
]

func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

/// Functions of sprig that draw random values, from the generator of the context.
let sprigRandom: [String: NativeFunction] = [
    "randAlphaNum": exactly(1) { (call) throws(ValueFailure) in try drawn(&call, from: letters + digits) },
    "randAlpha": exactly(1) { (call) throws(ValueFailure) in try drawn(&call, from: letters) },
    "randNumeric": exactly(1) { (call) throws(ValueFailure) in try drawn(&call, from: digits) },
    "randAscii": exactly(1) { (call) throws(ValueFailure) in try drawn(&call, from: Array(32...126)) },
    "randInt": exactly(2) { (call) throws(ValueFailure) in
        let low = try call.goInteger(0)
        let high = try call.goInteger(1)
        guard low < high, high.subtractingReportingOverflow(low).overflow == false else {
            throw ValueFailure("invalid argument to Intn")
        }
        return .int(low + (try call.draw(below: high - low)))
    },
    "randBytes": exactly(1) { (call) throws(ValueFailure) in
        var bytes: [UInt8] = []
        for _ in 0..<(try count(call)) { bytes.append(UInt8(try call.draw(below: 256))) }
        return .string(base64Encoded(bytes))
    },
    "shuffle": exactly(1) { (call) throws(ValueFailure) in
        var scalars = Array(try call.goText(0).unicodeScalars)
        for index in scalars.indices.dropFirst().reversed() {
            scalars.swapAt(index, try call.draw(below: index + 1))
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return .string(String(view))
    },
    "uuidv4": exactly(0) { (call) throws(ValueFailure) in
        var bytes: [UInt8] = []
        for _ in 0..<16 { bytes.append(UInt8(try call.draw(below: 256))) }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let text = Array(hexadecimal(bytes))
        return .string([0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(text[$0]) }.joined(separator: "-"))
    },
]

private let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
private let digits = Array("0123456789".utf8)

private func count(_ call: FunctionCall) throws(ValueFailure) -> Int {
    let count = try call.goInteger(0)
    guard (0...65_536).contains(count) else {
        throw ValueFailure("a random value has 0 to 65536 characters, not \(count)")
    }
    return count
}

private func drawn(_ call: inout FunctionCall, from alphabet: [UInt8]) throws(ValueFailure) -> Value {
    var text: [UInt8] = []
    for _ in 0..<(try count(call)) { text.append(alphabet[try call.draw(below: alphabet.count)]) }
    return .string(String(decoding: text, as: UTF8.self))
}
