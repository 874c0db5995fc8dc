package import JSON
import OrderedCollections

/// A named map of texts: parameters, semaphore limits and memoized outputs live in them.
package struct ConfigMap: ModelObject {
    package var kind: String?
    package var apiVersion: String?
    package var metadata = ObjectMeta()
    package var immutable: Bool?
    package var data: StringMap = [:]
    package var binaryData: StringMap = [:]
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("kind", \.kind),
        .text("apiVersion", \.apiVersion),
        .object("metadata", \.metadata),
        .optional("immutable", \.immutable),
        .map("data", \.data),
        .map("binaryData", \.binaryData),
    ])
}
