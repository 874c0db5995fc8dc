import Foundation
import IntegrationSupport
import TestSupport
import Testing

/// A server over TLS, and the command line before it.
@Suite("Secure server")
struct SecureTests {
    @Test("a server without a certificate makes one, keeps it, and clients trust it or not as they are told")
    func selfSigned() throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let server = try ApusServer(folder: folder.url, isSecure: true)
        defer { server.stop() }
        func list(_ flags: String..., environment: [String: String] = [:]) throws -> CommandResult {
            let address = ["ARGO_SERVER": "localhost:\(server.port)"].merging(environment) { $1 }
            return try run(try ApusBinary.url, ["list"] + flags, environment: address)
        }
        #expect(try list("--secure", "--certificate-authority", server.certificate).exitCode == 0)
        #expect(try list("--secure", "--insecure-skip-verify").exitCode == 0)
        #expect(
            try list(environment: ["ARGO_SECURE": "true", "ARGO_INSECURE_SKIP_VERIFY": "true"]).exitCode == 0)

        let untrusted = try list("--secure")
        #expect(untrusted.exitCode == 1)
        #expect(untrusted.errors.contains("--certificate-authority FILE"), "\(untrusted.errors)")
        let plain = try list("--secure=false")
        #expect(plain.exitCode == 1 && plain.errors.contains("use https"), "\(plain.errors)")

        let rights = try FileManager.default.attributesOfItem(atPath: server.certificate)[.posixPermissions] as? Int
        #expect(rights == 0o600)
        let first = try Data(contentsOf: URL(fileURLWithPath: server.certificate))
        server.stop()
        try server.start()
        #expect(try Data(contentsOf: URL(fileURLWithPath: server.certificate)) == first)
    }

    @Test("Python's ssl trusts the certificate by its file, checks the host, and speaks TLS 1.2 too")
    func python() throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let server = try ApusServer(folder: folder.url, isSecure: true)
        defer { server.stop() }
        let script = """
            import ssl, sys, urllib.request
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                context = ssl.create_default_context(cafile=sys.argv[1])
                context.minimum_version = context.maximum_version = version
                for host in ("127.0.0.1", "localhost"):
                    url = f"https://{host}:{sys.argv[2]}/api/v1/version"
                    with urllib.request.urlopen(url, context=context) as answer:
                        assert b"v4.1.2" in answer.read()
            """
        let result = try run(
            URL(fileURLWithPath: "/usr/bin/env"), ["python3", "-c", script, server.certificate, "\(server.port)"])
        #expect(result.exitCode == 0, "\(result.errors)")
    }
}
