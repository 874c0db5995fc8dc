package import JSON

/// How an artifact is packed for its store: tar with gzip where nothing is said.
package struct ArchiveStrategy: ModelObject {
    @Boxed package var tar: TarStrategy?
    @Boxed package var none: EmptyObject?
    @Boxed package var zip: EmptyObject?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .boxed("tar", \._tar),
        .boxed("none", \._none),
        .boxed("zip", \._zip),
    ])
}

/// Packs as tar, compressed by gzip at this level.
package struct TarStrategy: ModelObject {
    package var compressionLevel: Int?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .optional("compressionLevel", \.compressionLevel)
    ])
}
