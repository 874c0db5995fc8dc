import Foundation
import TLS
import Testing

/// Other people's TLS at the other end.
@Suite(.timeLimit(.minutes(5)))
struct InteropTests {
    /// Files of an authority, a server and a client.
    private struct Files {
        let folder: String

        init(in folder: String) throws {
            self.folder = folder
            let authority = AuthorityFolder(folder)
            try authority.create(name: "interop", now: .now())
            for (role, member) in [(ServiceIdentity.Role.scheduler, "server"), (.runner, "client")] {
                let identity = try #require(ServiceIdentity(role: role, member: member))
                _ = try authority.issue(
                    CertificateRequest(identity, hosts: ["localhost", "127.0.0.1"]), name: member, into: folder,
                    now: .now())
            }
        }

        func context(_ role: TLSConfiguration.Role) throws -> TLSContext {
            let name = role == .server ? "server" : "client"
            return try TLSContext(
                .service(
                    role, certificate: .file("\(self.folder)/\(name).crt"), key: .file("\(self.folder)/\(name).key"),
                    authorities: .file("\(self.folder)/ca.crt"), applicationProtocol: "h2"))
        }
    }

    private func withServer(_ body: (Files, EchoServer) async throws -> Void) async throws {
        try await TemporaryFolder.with { folder in
            let files = try Files(in: folder)
            let context = try files.context(.server)
            try await EchoServer.with(context: { context }) { try await body(files, $0) }
        }
    }

    @Test("openssl s_client finds our certificate good, is answered and hears the end")
    func opensslClient() async throws {
        try await self.withServer { files, server in
            let words = [
                "openssl", "s_client", "-connect", "127.0.0.1:\(server.port)", "-servername", "localhost",
                "-CAfile", "\(files.folder)/ca.crt", "-cert", "\(files.folder)/client.crt",
                "-key", "\(files.folder)/client.key", "-verify_hostname", "localhost", "-verify_return_error",
                "-alpn", "h2", "-ign_eof", "-x509_strict",
            ]
            let result = try await Command.run(beside: words, input: "bye\n")
            #expect(result.exitCode == 0)
            for part in ["Verify return code: 0 (ok)", "ALPN protocol: h2", "TLSv1.3", "\nbye\n"] {
                #expect(result.output.contains(part), "\(part) in \(result.output)")
            }
        }
    }

    @Test("openssl s_client is refused with TLS 1.2, without a certificate, and without a protocol")
    func opensslRefused() async throws {
        try await self.withServer { files, server in
            let basic = [
                "openssl", "s_client", "-connect", "127.0.0.1:\(server.port)", "-CAfile", "\(files.folder)/ca.crt",
                "-ign_eof",
            ]
            let own = ["-cert", "\(files.folder)/client.crt", "-key", "\(files.folder)/client.key"]
            for (words, alert) in [
                (own + ["-alpn", "h2", "-tls1_2"], "alert number 70"), (["-alpn", "h2"], "alert number 116"),
                (own, "alert number 120"),
            ] {
                let result = try await Command.run(beside: basic + words, input: "bye\n")
                #expect(result.output.contains(alert), "\(alert) in \(result.output)")
                #expect(!result.output.contains("\nbye\n"))
            }
        }
    }

    @Test("openssl s_server answers our client")
    func opensslServer() async throws {
        try await TemporaryFolder.with { folder in
            let files = try Files(in: folder)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [
                "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "\(folder)/server.crt",
                "-key", "\(folder)/server.key", "-CAfile", "\(folder)/ca.crt", "-Verify", "2",
                "-verify_return_error", "-alpn", "h2", "-rev",
            ]
            let port = try Self.start(process, saying: "ACCEPT 127.0.0.1:")
            // SIGTERM may be ignored by what this process starts: other tests keep signals away from it.
            defer { _ = kill(process.processIdentifier, SIGKILL) }
            let answer = try await TLSClient.exchange(Array("hello\n".utf8), port: port, files.context(.client))
            #expect(String(decoding: answer, as: UTF8.self) == "olleh\n")
        }
    }

    @Test("Python sends a megabyte, reads it back, and both say the end")
    func pythonClient() async throws {
        try await self.withServer { files, server in
            let script = """
                import socket, ssl, sys, threading
                folder, port = sys.argv[1], int(sys.argv[2])
                context = ssl.create_default_context(cafile=folder + "/ca.crt")
                context.load_cert_chain(folder + "/client.crt", folder + "/client.key")
                context.set_alpn_protocols(["h2"])
                data = bytes(range(256)) * 4096
                connection = socket.create_connection(("127.0.0.1", port))
                with context.wrap_socket(connection, server_hostname="localhost") as s:
                    sender = threading.Thread(target=s.sendall, args=(data,))
                    sender.start()
                    got = b""
                    while len(got) < len(data):
                        got += s.recv(65536)
                    sender.join()
                    assert got == data
                    s.sendall(b"bye\\n")
                    assert s.recv(10) == b"bye\\n"
                    assert s.recv(10) == b""  # raises where the end was not said
                    print(s.version(), s.selected_alpn_protocol(), dict(x[0] for x in s.getpeercert()["subject"]))
                """
            let result = try await Command.run(beside: ["python3", "-c", script, files.folder, "\(server.port)"])
            #expect(result.exitCode == 0, "\(result.output)")
            #expect(result.output.contains("TLSv1.3 h2"))
        }
    }

    @Test("Python is refused without a certificate at its first read, and by TLS 1.2 at once")
    func pythonRefused() async throws {
        try await self.withServer { files, server in
            let script = """
                import socket, ssl, sys
                folder, port = sys.argv[1], int(sys.argv[2])
                def attempt(change):
                    context = ssl.create_default_context(cafile=folder + "/ca.crt")
                    context.set_alpn_protocols(["h2"])
                    change(context)
                    try:
                        with context.wrap_socket(
                            socket.create_connection(("127.0.0.1", port)), server_hostname="localhost") as s:
                            print("connected,", end=" ")
                            s.sendall(b"bye\\n")
                            print("served", s.recv(10))
                    except ssl.SSLError as error:
                        print("refused", error.reason)
                attempt(lambda context: None)
                def old(context):
                    context.load_cert_chain(folder + "/client.crt", folder + "/client.key")
                    context.maximum_version = ssl.TLSVersion.TLSv1_2
                attempt(old)
                """
            let result = try await Command.run(beside: ["python3", "-c", script, files.folder, "\(server.port)"])
            #expect(
                result.output == """
                    connected, refused TLSV13_ALERT_CERTIFICATE_REQUIRED
                    refused TLSV1_ALERT_PROTOCOL_VERSION

                    """)
        }
    }

    @Test("our client talks with a Python server")
    func pythonServer() async throws {
        try await TemporaryFolder.with { folder in
            let files = try Files(in: folder)
            let script = """
                import socket, ssl, sys
                folder = sys.argv[1]
                context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder + "/ca.crt")
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_cert_chain(folder + "/server.crt", folder + "/server.key")
                context.set_alpn_protocols(["h2"])
                listener = socket.create_server(("127.0.0.1", 0))
                print("port:%d" % listener.getsockname()[1], flush=True)
                with context.wrap_socket(listener.accept()[0], server_side=True) as s:
                    s.sendall(s.recv(100)[::-1])
                """
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["python3", "-c", script, folder]
            let port = try Self.start(process, saying: "port:")
            let answer = try await TLSClient.exchange(Array("hello".utf8), port: port, files.context(.client))
            #expect(String(decoding: answer, as: UTF8.self) == "olleh")
            process.terminate()
        }
    }

    /// Starts a server and reads its port behind the words.
    private static func start(_ process: Process, saying words: String) throws -> Int {
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = Pipe()
        try process.run()
        var text = ""
        while true {
            let bytes = output.fileHandleForReading.availableData
            guard !bytes.isEmpty else { throw NotStarted(said: text) }
            text += String(decoding: bytes, as: UTF8.self)
            guard let start = text.range(of: words)?.upperBound, text[start...].contains("\n"),
                let port = Int(text[start...].prefix { $0.isNumber })
            else { continue }
            return port
        }
    }

    private struct NotStarted: Error {
        let said: String
    }
}
