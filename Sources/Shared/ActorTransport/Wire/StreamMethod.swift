/// A method that answers with a stream.
///
/// Distributed functions cannot stream, so these are served beside the actors.
package struct StreamMethod<Request: WireMessage, Element: WireMessage>: Sendable {
    package let name: String

    package init(_ name: String) { self.name = name }
}

extension AsyncThrowingStream where Failure == any Error, Element: Sendable {
    /// A stream that draws from this one only when it is drawn from.
    package func mapLazily<Mapped>(
        _ transform: @escaping @Sendable (Element) throws -> Mapped
    ) -> AsyncThrowingStream<Mapped, any Error> {
        let source = StreamSource(self)
        return AsyncThrowingStream<Mapped, any Error>(unfolding: { try await source.next().map(transform) })
    }
}

/// The reading end of a stream, for closures that draw from it.
///
/// A stream has one consumer, which asks for one element after another.
// SAFETY: the iterator is never used twice at once, because of the one consumer.
package final class StreamSource<Element: Sendable>: @unchecked Sendable {
    private var iterator: AsyncThrowingStream<Element, any Error>.Iterator

    package init(_ stream: AsyncThrowingStream<Element, any Error>) { self.iterator = stream.makeAsyncIterator() }

    package func next() async throws -> Element? { try await self.iterator.next(isolation: nil) }
}
