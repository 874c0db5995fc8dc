import Foundation
import IntegrationSupport
import JSON
import OrderedCollections
import TestSupport
import Testing

/// A server, or its database, on a small file system of its own, which only root can make.
@Suite("Full disk", .enabled(if: geteuid() == 0, "only root can mount a file system"), .timeLimit(.minutes(5)))
struct FullDiskTests {
    private static let mount = URL(fileURLWithPath: "/usr/bin/mount")
    private static let unmount = URL(fileURLWithPath: "/usr/bin/umount")

    @Test("a full disk is answered with where and what to do, loses nothing, and is worked on once there is room")
    func fullDisk() async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let data = folder.url.appendingPathComponent("data")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        let mounted = try run(Self.mount, ["-t", "tmpfs", "-o", "size=16m", "tmpfs", data.path])
        // A container may be root and still not allowed to.
        guard mounted.exitCode == 0 else { return }
        defer { _ = try? run(Self.unmount, ["--lazy", data.path]) }
        let server = try ApusServer(folder: folder.url)
        defer { server.stop() }
        try await self.fill(data, of: server, saying: ["full", data.path, "free some space"])
    }

    @Test("a full disk of PostgreSQL is named too, loses nothing, and is worked on once there is room")
    func fullDatabase() async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let database = try await PostgresCluster.make()
        defer { database.stop() }
        let tables = database.folder.appendingPathComponent("tables")
        try FileManager.default.createDirectory(at: tables, withIntermediateDirectories: true)
        let mounted = try run(Self.mount, ["-t", "tmpfs", "-o", "size=32m", "tmpfs", tables.path])
        guard mounted.exitCode == 0 else { return }
        defer { _ = try? run(Self.unmount, ["--lazy", tables.path]) }
        let space = tables.appendingPathComponent("space")
        try FileManager.default.createDirectory(at: space, withIntermediateDirectories: true)
        _ = try run(URL(fileURLWithPath: "/usr/bin/chown"), ["postgres", space.path])
        try await database.query("CREATE TABLESPACE small LOCATION '\(space.path)'")
        try await database.query("CREATE DATABASE apus TABLESPACE small")
        let server = try ApusServer(folder: folder.url, options: ["--store", database.connection(to: "apus")])
        defer { server.stop() }
        try await self.fill(tables, of: server, saying: ["the disk of PostgreSQL is full", "free some space"])
    }

    /// Fills the disk until something is refused, and makes room again.
    private func fill(_ disk: URL, of server: ApusServer, saying words: [String]) async throws {
        let client = RESTClient(server.baseURL)
        #expect(try await self.submit("before", client).status == 200)
        _ = try await client.workflow("before", until: \.isCompleted)

        let filler = disk.appendingPathComponent("filler")
        _ = try run(URL(fileURLWithPath: "/usr/bin/dd"), ["if=/dev/zero", "of=\(filler.path)", "bs=64k"])
        var acknowledged = ["before"]
        var refusal: RESTClient.Answer?
        for number in 0..<500 where refusal == nil {
            let answer = try await self.submit("during-\(number)", client)
            if answer.status == 200 { acknowledged.append("during-\(number)") } else { refusal = answer }
        }
        #expect(refusal?.status == 503, "\(refusal?.text ?? "never refused")")
        let unready = try await client.send("GET", "/readyz")
        #expect(unready.status == 503 && unready.text.contains("full"), "\(unready.text)")
        for word in words {
            #expect(refusal?.message.contains(word) == true, "\(refusal?.message ?? "")")
        }
        for name in acknowledged { #expect(try await client.workflow(name).name == name) }

        try FileManager.default.removeItem(at: filler)
        let clock = ContinuousClock()
        let start = clock.now
        while try await self.submit("after", client).status != 200, clock.now - start < .seconds(60) {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try await client.send("GET", "/readyz").status == 200)
        for name in acknowledged + ["after"] {
            _ = try await client.workflow(name, within: .seconds(60), until: \.isCompleted)
        }
        #expect(try await client.workflow("after")["status"]?.phase == "Succeeded")
    }

    private func submit(_ name: String, _ client: RESTClient) async throws -> RESTClient.Answer {
        let workflow: JSONValue = [
            "metadata": [
                "name": .string(name), "annotations": ["padding": .string(String(repeating: "x", count: 50_000))],
            ],
            "spec": [
                "entrypoint": "main",
                "templates": [["name": "main", "container": ["image": "busybox", "command": ["true"]]]],
            ],
        ]
        return try await client.send("POST", "/api/v1/workflows/default", ["workflow": workflow])
    }
}
