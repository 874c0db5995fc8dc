/// An optional that takes one word where it stands: its value lies behind a reference and is copied when it changes.
///
/// Objects with many rare members stay small, and types may hold themselves (a template holds tasks, which hold templates).
@propertyWrapper
package struct Boxed<Value: Sendable & Hashable>: Sendable, Hashable {
    var box: Box?

    package init() { self.box = nil }

    package init(wrappedValue: Value?) { self.box = wrappedValue.map(Box.init) }

    package var wrappedValue: Value? {
        get { self.box?.value }
        set { self.box = newValue.map(Box.init) }
    }

    final class Box: Sendable {
        let value: Value

        init(_ value: Value) { self.value = value }
    }

    package static func == (left: Boxed, right: Boxed) -> Bool {
        left.box === right.box || left.box?.value == right.box?.value
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(self.box?.value) }
}
