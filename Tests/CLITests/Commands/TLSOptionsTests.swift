import Testing

@testable import apus

@Suite("TLSOptions", .timeLimit(.minutes(5)))
struct TLSOptionsTests {
    @Test(
        "flags that contradict each other are refused before anything starts",
        arguments: [
            (["--tls-min-version", "1.3"], "need --secure"),
            (["--secure", "--tls-certificate", "x"], "must be given together"),
            (["--secure", "--tls-min-version", "1.1"], "invalid --tls-min-version \"1.1\": 1.2 or 1.3"),
        ])
    func contradictions(_ flags: [String], _ words: String) async {
        let run = await CommandRun.run(arguments: ["server", "--data-dir", "/nonexistent"] + flags)
        #expect(run.exitCode != 0 && run.errors.contains(words), "\(run.errors)")
    }
}
