/// An optional that takes one word where it stands: its value lies behind a reference and is copied when it changes.
///
/// Objects with many rare members stay small, and types may hold themselves (a template holds tasks, which hold
/// templates).
@propertyWrapper
@usableFromInline
package struct Boxed<Value: Sendable & Hashable>: Sendable, Hashable {
    @usableFromInline var box: Box?

    @inlinable
    package init() { self.box = nil }

    @inlinable
    package init(wrappedValue: Value?) { self.box = wrappedValue.map(Box.init) }

    @inlinable
    package var isEmpty: Bool { self.box == nil }

    @inlinable
    package var wrappedValue: Value? {
        get { self.box?.value }
        set { self.box = newValue.map(Box.init) }
    }

    @usableFromInline
    final class Box: Sendable {
        @usableFromInline let value: Value

        @inlinable
        init(_ value: Value) { self.value = value }
    }

    @inlinable
    package static func == (left: Boxed, right: Boxed) -> Bool {
        left.box === right.box || left.box?.value == right.box?.value
    }

    @inlinable
    package func hash(into hasher: inout Hasher) { hasher.combine(self.box?.value) }
}
