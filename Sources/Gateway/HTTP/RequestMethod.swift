/// The method of a request, as far as the API tells them apart.
package enum RequestMethod: String, Sendable, Hashable, CaseIterable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
    case options = "OPTIONS"
    case patch = "PATCH"
    /// Anything else: no route answers it.
    case other = "OTHER"

    /// The method that a route is looked up by: `HEAD` is answered by the route of `GET`, without its body.
    package var routed: RequestMethod { self == .head ? .get : self }
}
