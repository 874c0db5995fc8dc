package import JSON

/// A request to send, and the condition under which its response is a success.
package struct HTTPTemplate: ModelObject {
    package var method: String?
    package var url = ""
    package var headers: [HTTPHeader] = []
    package var timeoutSeconds: Int?
    package var successCondition: String?
    package var body: String?
    @Boxed package var bodyFrom: HTTPBodySource?
    package var insecureSkipVerify = false
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("method", \.method),
        .requiredText("url", \.url),
        .list("headers", \.headers),
        .optional("timeoutSeconds", \.timeoutSeconds),
        .text("successCondition", \.successCondition),
        .text("body", \.body),
        .boxed("bodyFrom", \._bodyFrom),
        .flag("insecureSkipVerify", \.insecureSkipVerify),
    ])
}

/// A header of an HTTP template's request.
package struct HTTPHeader: ModelObject {
    package var name = ""
    package var value: String?
    @Boxed package var valueFrom: HTTPHeaderSource?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("name", \.name),
        .text("value", \.value),
        .boxed("valueFrom", \._valueFrom),
    ])
}

/// The secret that holds a header's value.
package struct HTTPHeaderSource: ModelObject {
    @Boxed package var secretKeyRef: KeySelector?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .boxed("secretKeyRef", \._secretKeyRef)
    ])
}

/// A request body of any bytes.
package struct HTTPBodySource: ModelObject {
    /// In base64, as on the wire.
    package var base64Bytes: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("bytes", \.base64Bytes)
    ])
}
