package import ActorTransport

/// A request target, taken apart.
package struct RequestTarget: Sendable, Hashable {
    /// The path, still percent-encoded, beginning with a slash.
    package var path: Substring
    package var query: Substring

    /// Accepts the origin form (`/path?query`) and the absolute form that proxies send (`http://host/path`).
    ///
    /// - Throws: `invalidArgument` for anything else.
    package init(_ target: String) throws(ServiceError) {
        var rest = Substring(target)
        if !rest.utf8.starts(with: "/".utf8) {
            guard let scheme = rest.range(ofASCII: "://") else {
                throw ServiceError(.invalidArgument, "the request target \"\(target)\" is not a path")
            }
            let authority = rest[scheme.upperBound...]
            guard let slash = authority.utf8.firstIndex(of: UInt8(ascii: "/")) else {
                self.path = "/"
                self.query = ""
                return
            }
            rest = authority[slash...]
        }
        if let hash = rest.utf8.firstIndex(of: UInt8(ascii: "#")) { rest = rest[..<hash] }
        guard let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?")) else {
            self.path = rest
            self.query = ""
            return
        }
        self.path = rest[..<mark]
        self.query = rest[rest.utf8.index(after: mark)...]
    }
}

extension Substring {
    /// The first place where a short ASCII text occurs.
    fileprivate func range(ofASCII text: StaticString) -> Range<Index>? {
        let wanted = Array(text.description.utf8)
        var start = self.startIndex
        while start != self.endIndex {
            if self[start...].utf8.starts(with: wanted) {
                return start..<self.utf8.index(start, offsetBy: wanted.count)
            }
            start = self.utf8.index(after: start)
        }
        return nil
    }
}
