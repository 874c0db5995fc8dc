import Foundation
import Scheduler
import TestSupport
import Testing

@Suite("SQLiteStore", .timeLimit(.minutes(5)))
struct SQLiteStoreTests {
    @Test("a second server on a data folder is told who has it")
    func foldersHaveOneOwner() async throws {
        try await TemporaryDirectory.with { directory in
            let folder = "\(directory.path)/data/deep"
            let store = try await SQLiteStore(folder: folder)
            let error = await #expect(throws: StoreError.self) { try await SQLiteStore(folder: folder) }
            #expect(error?.code == .owned)
            #expect(error?.message.contains("process \(ProcessInfo.processInfo.processIdentifier)") == true)
            await store.close()
            let next = try await SQLiteStore(folder: folder)
            await next.close()
        }
    }

    @Test("what the store makes is its user's alone, also in a folder that everybody may enter and from an open past")
    func privacy() async throws {
        try await TemporaryDirectory.with { directory in
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory.path)
            _ = try directory.write("", to: "apus.db")
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o644], ofItemAtPath: "\(directory.path)/apus.db")
            let store = try await SQLiteStore(folder: directory.path)
            let epoch = try await store.epochs([0])[0]
            _ = try await store.commit([StoreConformanceTests.creation("w", epoch: epoch, sequence: 1)])
            let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
            #expect(names == ["apus.db", "apus.db-shm", "apus.db-wal", "apus.lock"])
            for name in names {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(directory.path)/\(name)")
                #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
            }
            let folder = try FileManager.default.attributesOfItem(atPath: directory.path)
            #expect(folder[.posixPermissions] as? Int == 0o755)
            await store.close()
        }
    }

    @Test("a data folder that cannot be made is named, with the reason and what to do")
    func folderNowhere() async throws {
        let error = await #expect(throws: StoreError.self) { try await SQLiteStore(folder: "/proc/nope") }
        #expect(error?.code == .unwritable)
        let message = error?.message ?? ""
        for part in ["/proc/nope", "its file system lets nobody make folders", "--data-dir"] {
            #expect(message.contains(part), "\(message)")
        }
    }

    @Test("what was committed is there after a reopen, and two open stores fence each other")
    func reopening() async throws {
        try await TemporaryDirectory.with { directory in
            let first = try await SQLiteStore(folder: directory.path)
            let epoch = try await first.epochs([0])[0]
            _ = try await first.commit([StoreConformanceTests.creation("w", epoch: epoch, sequence: 1)])
            let second = try await SQLiteStore(sharing: "\(directory.path)/apus.db")
            #expect(try await second.load([0]).workflows.map(\.uid) == ["uid-w"])
            let newer = try await second.epochs([0])[0]
            let outcomes = try await first.commit([StoreConformanceTests.creation("x", epoch: epoch, sequence: 2)])
            #expect(outcomes == [.fenced(epoch: newer)])
            await second.close()
            await first.close()
        }
    }

    @Test("a file that is no database, one of another program and one of a newer version are each refused")
    func foreignFiles() async throws {
        try await TemporaryDirectory.with { directory in
            func code(_ folder: String) async -> StoreError.Code? {
                do {
                    await (try await SQLiteStore(folder: "\(directory.path)/\(folder)")).close()
                    return nil
                } catch {
                    return error.code
                }
            }
            try FileManager.default.createDirectory(
                atPath: "\(directory.path)/text", withIntermediateDirectories: true)
            _ = try directory.write(String(repeating: "no database ", count: 500), to: "text/apus.db")
            #expect(await code("text") == .corrupt)
            #expect(await code("newer") == nil)
            try Self.patch("\(directory.path)/newer/apus.db", at: 60, [0, 0, 3, 0xE7])
            #expect(await code("newer") == .newerSchema)
            #expect(await code("foreign") == nil)
            try Self.patch("\(directory.path)/foreign/apus.db", at: 68, [1, 2, 3, 4])
            #expect(await code("foreign") == .corrupt)
            _ = try directory.write("a file", to: "plain")
            #expect(await code("plain") == .unwritable)
        }
    }

    @Test("a full disk is named, nothing acknowledged is lost, and work goes on once there is room")
    func fullDisks() async throws {
        // Large writes into a small quota need privileges; SQLite's own page limit fails with the same code.
        try await TemporaryDirectory.with { directory in
            let store = try await SQLiteStore(folder: directory.path)
            let epoch = try await store.epochs([0])[0]
            _ = try await store.commit([StoreConformanceTests.creation("w", epoch: epoch, sequence: 1)])
            try await store.limitPages(to: 60)
            var big = StoreConformanceTests.creation("big", epoch: epoch, sequence: 2)
            big.workflows[0].spec = "{\"a\":\"\(String(repeating: "x", count: 1_000_000))\"}"
            let change = big
            let error = await #expect(throws: StoreError.self) { try await store.commit([change]) }
            #expect(error?.code == .full)
            #expect(try await store.workflow(uid: "uid-w") != nil)
            try await store.limitPages(to: 1_000_000)
            #expect(try await store.commit([change]) == [.committed])
            await store.close()
        }
    }

    /// Changes bytes of a file's header: the user version at 60, the application id at 68.
    private static func patch(_ path: String, at offset: UInt64, _ bytes: [UInt8]) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.seek(toOffset: offset)
        try file.write(contentsOf: Data(bytes))
        try file.close()
    }
}
