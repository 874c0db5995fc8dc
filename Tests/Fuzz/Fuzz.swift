import Foundation

/// What libFuzzer feeds with bytes: each target crashes where the code under test breaks a promise.
///
/// `scripts/fuzz` builds this with `--sanitize fuzzer --sanitize address` and runs every target over its corpus.
enum FuzzTarget: String, CaseIterable {
    case server, client, framing, metadata, messages, streams, json, yaml

    /// The one that this process runs.
    static let chosen: FuzzTarget = {
        let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""
        guard let target = FuzzTarget(rawValue: name) else {
            let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
            fatalError("FUZZ_TARGET is '\(name)'; it must be one of \(names)")
        }
        return target
    }()

    func run(_ bytes: [UInt8]) throws {
        switch self {
        case .server: try ServerFuzz.run(bytes)
        case .client: try ClientFuzz.run(bytes)
        case .framing: try FramingFuzz.run(bytes)
        case .metadata: MetadataFuzz.run(bytes)
        case .messages: MessageFuzz.run(bytes)
        case .streams: StreamFuzz.run(bytes)
        case .json: try TextFuzz.json(bytes)
        case .yaml: try TextFuzz.yaml(bytes)
        }
    }
}

/// Called by libFuzzer for every input.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        try FuzzTarget.chosen.run(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch {
        fatalError("\(error)")
    }
    return 0
}

/// Ends the process where a promise is broken, so that libFuzzer keeps the input.
func promise(_ isKept: Bool, _ claim: @autoclosure () -> String) {
    guard isKept else { fatalError("broken: \(claim())") }
}
