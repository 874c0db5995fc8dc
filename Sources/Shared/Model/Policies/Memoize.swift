package import JSON

/// Uses the outputs of an earlier run with the same key, if they are not older than `maxAge`.
package struct Memoize: ModelObject {
    package var key = ""
    @Boxed package var cache: MemoizationCache?
    package var maxAge = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("key", \.key),
        .boxed("cache", \._cache, always: .null),
        .requiredText("maxAge", \.maxAge),
    ])
}

/// The config map that memoized outputs are kept in.
package struct MemoizationCache: ModelObject {
    @Boxed package var configMap: LocalObjectReference?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .boxed("configMap", \._configMap, always: .null)
    ])
}
