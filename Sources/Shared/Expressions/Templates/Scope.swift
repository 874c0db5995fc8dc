/// The variables that a text can refer to, by their dotted names.
///
/// A scope is a stack of layers: the workflow's variables, then those of a template, then those of an item. A layer is
/// shared by all scopes that hold it, and a name is looked up from the innermost layer out.
package struct Scope: Sendable {
    private var layers: [[String: Value]]

    package init(_ variables: [String: Value] = [:]) { self.layers = [variables] }

    /// The scope of texts: what most of Argo's variables are.
    package init(texts: [String: String]) { self.layers = [texts.mapValues { .string($0) }] }

    /// What a name stands for.
    ///
    /// `null` marks an output that is absent: that of a node that was skipped or omitted, with no default of its own.
    package subscript(name: String) -> Value? {
        get {
            for layer in self.layers.reversed() {
                if let value = layer[name] { return value }
            }
            return nil
        }
        set {
            if let newValue {
                self.layers[self.layers.count - 1][name] = newValue
            } else {
                for index in self.layers.indices { self.layers[index][name] = nil }
            }
        }
    }

    package mutating func set(_ name: String, _ text: String) { self[name] = .string(text) }

    /// The scope with one more layer inside.
    package func adding(_ variables: [String: Value]) -> Scope {
        var scope = self
        scope.layers.append(variables)
        return scope
    }

    package func adding(texts: [String: String]) -> Scope { self.adding(texts.mapValues { .string($0) }) }

    /// Whether a text is nothing but a reference to an absent output: such an argument counts as not given.
    package func isAbsentReference(_ text: String) -> Bool {
        guard text.hasPrefix("{{"), text.hasSuffix("}}"), text.utf8.count >= 4 else { return false }
        let inside = String(text.dropFirst(2).dropLast(2))
        guard inside.utf8.firstRange(of: "{{".utf8) == nil, inside.utf8.firstRange(of: "}}".utf8) == nil else {
            return false
        }
        return self[trimmed(inside, where: isGoSpace)] == .null
    }

    /// All variables, those of inner layers before those of outer ones.
    package var flattened: [String: Value] {
        guard self.layers.count > 1 else { return self.layers[0] }
        var all = self.layers[0]
        for layer in self.layers.dropFirst() { all.merge(layer) { _, inner in inner } }
        return all
    }

    /// The variables as expressions see them: `a.b.c` is the member `c` of the member `b` of `a`.
    ///
    /// Where both `a` and `a.b` are set, `a` is dropped, as Argo does. Only what lies on, above or below the paths that
    /// are read is brought along; all is where `paths` is `nil`.
    package func environment(reading paths: [String]? = nil) -> [String: Value] {
        let needed = paths?.map { Self.parts(of: $0) }
        var root = Branch()
        for layer in self.layers {
            for (name, value) in layer {
                guard let needed else {
                    root.insert(Self.parts(of: name)[...], value)
                    continue
                }
                guard needed.contains(where: { $0[0].utf8.first == name.utf8.first }) else { continue }
                let parts = Self.parts(of: name)
                for path in needed {
                    let common = zip(parts, path).prefix { $0 == $1 }.count
                    if common == parts.count || common == path.count {
                        root.insert(parts[...], value)
                    } else if common > 0 {
                        root.touch(parts[..<common])
                    }
                }
            }
        }
        return root.members
    }

    private static func parts(of name: String) -> [String] {
        name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { String(Substring($0)) }
    }

    /// A map under construction.
    private struct Branch {
        var value: Value?
        /// Whether it is a map although nothing of it is needed.
        var isMap = false
        var children: [String: Branch] = [:]

        mutating func insert(_ path: ArraySlice<String>, _ value: Value) {
            guard let first = path.first else {
                self.value = value
                return
            }
            self.children[first, default: Branch()].insert(path.dropFirst(), value)
        }

        /// Notes that there is something below a path, without bringing it along.
        mutating func touch(_ path: ArraySlice<String>) {
            guard let first = path.first else {
                self.isMap = true
                return
            }
            self.children[first, default: Branch()].touch(path.dropFirst())
        }

        var members: [String: Value] {
            self.children.mapValues { branch in
                branch.children.isEmpty && !branch.isMap ? branch.value ?? .null : .map(branch.members)
            }
        }
    }
}
