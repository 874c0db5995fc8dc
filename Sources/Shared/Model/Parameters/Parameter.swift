package import JSON

/// A named text: an input, an output or an argument.
package struct Parameter: ModelObject {
    package var name = ""
    package var defaultValue: String?
    /// Numbers and booleans on the wire become their text.
    package var value: String?
    @Boxed package var valueFrom: ValueFrom?
    package var globalName: String?
    package var enumeration: [String] = []
    package var description: String?
    package var unknown = UnknownMembers()

    package init() {}

    package init(name: String, value: String? = nil) {
        self.name = name
        self.value = value
    }

    package static let fields = FieldTable<Self>([
        .requiredText("name", \.name),
        .anyText("default", \.defaultValue),
        .anyText("value", \.value),
        .boxed("valueFrom", \._valueFrom),
        .text("globalName", \.globalName),
        .anyTexts("enum", \.enumeration),
        .anyText("description", \.description),
    ])
}

/// Where a parameter's value comes from, if it is not written down.
package struct ValueFrom: ModelObject {
    package var path: String?
    package var jsonPath: String?
    package var jqFilter: String?
    package var event: String?
    package var parameter: String?
    /// The value is given by a person while the node is suspended.
    @Boxed package var supplied: EmptyObject?
    @Boxed package var configMapKeyRef: KeySelector?
    package var defaultValue: String?
    package var expression: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("path", \.path),
        .text("jsonPath", \.jsonPath),
        .text("jqFilter", \.jqFilter),
        .text("event", \.event),
        .text("parameter", \.parameter),
        .boxed("supplied", \._supplied),
        .boxed("configMapKeyRef", \._configMapKeyRef),
        .anyText("default", \.defaultValue),
        .text("expression", \.expression),
    ])
}
