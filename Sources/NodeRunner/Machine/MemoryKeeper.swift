import CLinux
import ServiceLifecycle

/// Gives memory that is free back to the machine.
///
/// The allocator keeps what a large request has used in the pools of the threads that served it: after two workflows of
/// 9 MB each a server held 300 MB, of which 20 were in use. It looks now and then, and acts only where it pays.
package struct MemoryKeeper: Service {
    private static let pause = Duration.seconds(10)
    /// How much may lie idle.
    private static let idleBytesMax = 32 << 20

    package init() {}

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do { try await Task.sleep(for: Self.pause) } catch { return }
                Self.look()
            }
        }
    }

    /// Answers whether memory was given back.
    @discardableResult
    package static func look() -> Bool {
        // What was given back counts as idle no longer, though the pools still have its addresses.
        guard apus_idle_memory() > Self.idleBytesMax else { return false }
        apus_release_idle_memory()
        return true
    }
}
