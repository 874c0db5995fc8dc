import Synchronization

/// Keeps a context up to date with the files that it is made from.
///
/// Old connections go on with what they began with; new ones get what the files held last. Files that cannot be used
/// change nothing: the last good context stays, and the reason is reported.
package final class TLSContextHolder: Sendable {
    /// What a look at the files found.
    package enum Outcome: Hashable, Sendable {
        case unchanged
        case reloaded(notAfter: CertificateDate?)
        /// The files cannot be used: what was loaded before stays.
        case refused(TLSError)
        /// Our certificate ends soon, or has ended, and nobody has put a new one in its place; said once for each.
        case ending(notAfter: CertificateDate)
    }

    /// How long before its end a certificate is complained of.
    package static let endingMargin: Duration = .seconds(86_400)

    /// How often `watch` looks at the files, where nobody asks for something else.
    package static let interval: Duration = .seconds(10)

    private struct State {
        var context: TLSContext
        var signatures: [FileSignature?]
        var hasWarned = false
    }

    private let configuration: TLSConfiguration
    private let state: Mutex<State>

    /// - Throws: `TLSError`, as `TLSContext` does: at the start there is no good context to stay with.
    package init(_ configuration: TLSConfiguration) throws(TLSError) {
        self.configuration = configuration
        // Before the files are read: a change between the two is then seen at the next look.
        let signatures = Self.signatures(configuration)
        self.state = Mutex(State(context: try TLSContext(configuration), signatures: signatures))
    }

    /// For new connections.
    package var context: TLSContext { self.state.withLock { $0.context } }

    /// Reads the files again.
    @discardableResult
    package func reload() -> Outcome {
        let signatures = Self.signatures(self.configuration)
        do {
            let context = try TLSContext(self.configuration)
            self.state.withLock { $0 = State(context: context, signatures: signatures) }
            return .reloaded(notAfter: context.notAfter)
        } catch {
            // Remembered all the same, so that the same broken files are reported once.
            self.state.withLock { $0.signatures = signatures }
            return .refused(error)
        }
    }

    /// Reads the files again if they have changed since they were last read.
    package func reloadIfChanged(now: CertificateDate = .now()) -> Outcome {
        let signatures = Self.signatures(self.configuration)
        guard self.state.withLock({ $0.signatures == signatures }) else { return self.reload() }
        return self.state.withLock { state in
            guard !state.hasWarned, let end = state.context.notAfter, end < now + Self.endingMargin else {
                return .unchanged
            }
            state.hasWarned = true
            return .ending(notAfter: end)
        }
    }

    /// Looks at the files again and again until its task is cancelled, and reports what is not `unchanged`.
    package func watch(
        every interval: Duration = TLSContextHolder.interval, clock: some Clock<Duration> = ContinuousClock(),
        report: (Outcome) -> Void
    ) async {
        while !Task.isCancelled {
            do {
                try await clock.sleep(for: interval)
            } catch {
                return
            }
            let outcome = self.reloadIfChanged()
            if outcome != .unchanged { report(outcome) }
        }
    }

    private static func signatures(_ configuration: TLSConfiguration) -> [FileSignature?] {
        configuration.files.map { FileSignature($0) }
    }
}
