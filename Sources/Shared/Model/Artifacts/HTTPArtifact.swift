package import JSON

/// A file that is fetched from or sent to a URL.
package struct HTTPArtifact: ModelObject {
    package var url = ""
    package var headers: [ArtifactHTTPHeader] = []
    @Boxed package var auth: HTTPAuth?
    package var saveStreamViaFile = false
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("url", \.url),
        .list("headers", \.headers),
        .boxed("auth", \._auth),
        .flag("saveStreamViaFile", \.saveStreamViaFile),
    ])
}

/// A header of an HTTP artifact's request.
package struct ArtifactHTTPHeader: ModelObject {
    package var name = ""
    package var value = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("name", \.name),
        .requiredText("value", \.value),
    ])
}

/// How an HTTP artifact's request is authenticated.
package struct HTTPAuth: ModelObject {
    package var clientCert = HTTPClientCertAuth()
    package var oauth2 = OAuth2Auth()
    package var basicAuth = HTTPBasicAuth()
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .object("clientCert", \.clientCert),
        .object("oauth2", \.oauth2),
        .object("basicAuth", \.basicAuth),
    ])
}

/// A user name and password, each in a secret.
package struct HTTPBasicAuth: ModelObject {
    @Boxed package var usernameSecret: KeySelector?
    @Boxed package var passwordSecret: KeySelector?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .boxed("usernameSecret", \._usernameSecret),
        .boxed("passwordSecret", \._passwordSecret),
    ])
}

/// A client certificate and its key, each in a secret.
package struct HTTPClientCertAuth: ModelObject {
    @Boxed package var clientCertSecret: KeySelector?
    @Boxed package var clientKeySecret: KeySelector?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .boxed("clientCertSecret", \._clientCertSecret),
        .boxed("clientKeySecret", \._clientKeySecret),
    ])
}

/// OAuth 2 client credentials, each in a secret.
package struct OAuth2Auth: ModelObject {
    @Boxed package var clientIDSecret: KeySelector?
    @Boxed package var clientSecretSecret: KeySelector?
    @Boxed package var tokenURLSecret: KeySelector?
    package var scopes: [String] = []
    package var endpointParams: [OAuth2EndpointParam] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .boxed("clientIDSecret", \._clientIDSecret),
        .boxed("clientSecretSecret", \._clientSecretSecret),
        .boxed("tokenURLSecret", \._tokenURLSecret),
        .list("scopes", \.scopes),
        .list("endpointParams", \.endpointParams),
    ])
}

/// A parameter sent to the OAuth 2 token endpoint.
package struct OAuth2EndpointParam: ModelObject {
    package var key = ""
    package var value: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("key", \.key),
        .text("value", \.value),
    ])
}
