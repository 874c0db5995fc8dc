import Foundation
import JSON
import Testing

@testable import apus

@Suite("PKICommand", .timeLimit(.minutes(5)))
struct PKICommandTests {
    @Test("an authority is made, issues a certificate and takes it back")
    func wholeWay() async throws {
        let files = try Files([:])
        let pki = files("pki")
        let made = await CommandRun.run("pki", "init", "--dir", pki)
        #expect(made.exitCode == 0 && made.errors.isEmpty)
        #expect(made.output.hasPrefix("authority made, valid until 20"))
        #expect(made.output.contains("\(pki)/ca.key  its key: keep it here and secret"))

        let issued = await CommandRun.run(
            "pki", "issue", "scheduler", "s-0", "--dir", pki, "--host", "10.0.0.5", "--host", "node5.example", "-o",
            "json")
        #expect(issued.exitCode == 0, "\(issued.errors)")
        let document = try JSONValue.parse(issued.output)
        #expect(document["identity"]?.stringValue == "apus://scheduler/s-0")
        #expect(document["certificate"]?.stringValue == "\(pki)/s-0.crt")
        let serial = try #require(document["serial"]?.stringValue)
        #expect(serial.count == 32)

        let revoked = await CommandRun.run("pki", "revoke", "\(pki)/s-0.crt", "--dir", pki)
        #expect(revoked.output == "revoked \(serial)\n\(pki)/ca.crl lists 1 now: hand it out to every member\n")
        let again = await CommandRun.run("pki", "revoke", serial, "--dir", pki, "-o", "json")
        #expect(try JSONValue.parse(again.output)["total"]?.integerValue == 1)
    }

    @Test("a token is printed alone, and as a document with what it is for")
    func token() async throws {
        let files = try Files([:])
        let pki = files("pki")
        #expect(await CommandRun.run("pki", "token", "r-7", "--dir", pki).errors.contains("apus pki init"))
        _ = await CommandRun.run("pki", "init", "--dir", pki)
        let plain = await CommandRun.run("pki", "token", "r-7", "--dir", pki)
        #expect(plain.exitCode == 0 && plain.errors.isEmpty)
        #expect(plain.output.split(separator: ".").map(\.count) == [16, 64, 65])
        let document = try JSONValue.parse(
            await CommandRun.run("pki", "token", "r-7", "--dir", pki, "-o", "json").output)
        #expect(document["identity"]?.stringValue == "apus://runner/r-7")
        #expect(document["token"]?.stringValue?.count == 146)
        let refusals: [([String], String)] = [
            (["a/b"], "invalid name"), (["r", "--valid", "0s"], "invalid --valid"),
            (["r", "--certificate-valid", "x"], "invalid --certificate-valid"),
            (["r", "--host", "a b"], "no DNS name"),
        ]
        for (arguments, error) in refusals {
            let run = await CommandRun.run(arguments: ["pki", "token"] + arguments + ["--dir", pki])
            #expect(run.exitCode == 1 && run.errors.contains(error), "\(run.errors)")
        }
    }

    @Test("what cannot be is refused with what to do, and nothing is overwritten")
    func refusals() async throws {
        let files = try Files([:])
        let pki = files("pki")
        func failure(_ arguments: String...) async -> String {
            let run = await CommandRun.run(arguments: ["pki"] + arguments + ["--dir", pki])
            #expect(run.exitCode == 1)
            return run.errors
        }
        #expect(await failure("issue", "runner", "r").contains("make one with `apus pki init`"))
        #expect(await CommandRun.run("pki", "init", "--dir", pki).exitCode == 0)
        #expect(await failure("init").contains("--force"))
        #expect(await failure("issue", "king", "r").contains("one of scheduler, runner, gateway, admin"))
        #expect(await failure("issue", "runner", "a/b").contains("invalid name \"a/b\""))
        #expect(await failure("issue", "runner", "r", "--host", "a b").contains("\"a b\" is no DNS name"))
        #expect(await failure("issue", "runner", "r", "--valid", "7x").contains("invalid --valid \"7x\""))
        #expect(await failure("issue", "runner", "r", "--valid", "0s").contains("invalid --valid \"0s\""))
        #expect(await failure("revoke", "nonsense.crt").contains("cannot read nonsense.crt"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: pki).sorted() == ["ca.crl", "ca.crt", "ca.key"])
        #expect(await CommandRun.run("pki", "issue", "runner", "r", "--dir", pki, "--valid", "2h").exitCode == 0)
        #expect(await failure("issue", "runner", "r").contains("r.crt exists"))
        #expect(
            await CommandRun.run("pki", "issue", "runner", "r", "--dir", pki, "--force", "--valid", "2d").exitCode == 0)
    }

    @Test("a certificate of another authority cannot be taken back")
    func foreign() async throws {
        let files = try Files([:])
        for name in ["a", "b"] { #expect(await CommandRun.run("pki", "init", "--dir", files(name)).exitCode == 0) }
        #expect(await CommandRun.run("pki", "issue", "runner", "r", "--dir", files("a")).exitCode == 0)
        let run = await CommandRun.run("pki", "revoke", files("a/r.crt"), "--dir", files("b"))
        #expect(run.exitCode == 1 && run.errors.contains("is not of this authority"))
    }

    @Test("each command shows examples", arguments: ["", "init", "issue", "revoke"])
    func help(_ command: String) async {
        let words = ["pki"] + (command.isEmpty ? [] : [command]) + ["--help"]
        let run = await CommandRun.run(arguments: words)
        #expect(run.exitCode == 0 && run.output.contains("EXAMPLES:\n  apus pki"))
    }
}
