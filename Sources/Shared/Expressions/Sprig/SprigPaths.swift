/// Functions of sprig on paths and URLs.
let sprigPaths: [String: NativeFunction] = {
    var functions: [String: NativeFunction] = [
        "urlParse": exactly(1) { (call) throws(ValueFailure) in .map(parsedURL(try call.goText(0))) },
        "urlJoin": exactly(1) { (call) throws(ValueFailure) in .string(try joinedURL(try call.goMap(0))) },
    ]
    let paths: [String: @Sendable (String) -> Value] = [
        "base": { path in
            if path.isEmpty { return "." }
            let stripped = trimmed(path, left: false) { $0 == "/" }
            return stripped.isEmpty ? "/" : .string(split(stripped, "/").last ?? stripped)
        },
        "dir": { path in
            let parts = split(path, "/")
            return .string(cleanPath(parts.dropLast().map { $0 + "/" }.joined()))
        },
        "clean": { .string(cleanPath($0)) },
        "ext": { path in
            let name = split(path, "/").last ?? ""
            guard let dot = name.lastIndex(of: ".") else { return "" }
            return .string(String(name[dot...]))
        },
        "isAbs": { .bool($0.hasPrefix("/")) },
    ]
    for (name, body) in paths {
        let function = exactly(1) { (call) throws(ValueFailure) in body(try call.goText(0)) }
        functions[name] = function
        functions["os" + name.prefix(1).uppercased() + name.dropFirst()] = function
    }
    return functions
}()

/// The shortest path that means the same, as Go's `path.Clean`.
package func cleanPath(_ path: String) -> String {
    let isAbsolute = path.hasPrefix("/")
    var parts: [String] = []
    for part in split(path, "/") where !part.isEmpty && part != "." {
        if part != ".." || (parts.isEmpty && !isAbsolute) || parts.last == ".." {
            parts.append(part)
        } else if !parts.isEmpty {
            parts.removeLast()
        }
    }
    let joined = (isAbsolute ? "/" : "") + parts.joined(separator: "/")
    return joined.isEmpty ? "." : joined
}

private func parsedURL(_ url: String) -> [String: Value] {
    var rest = url
    var parts: [String: String] = [
        "scheme": "", "host": "", "hostname": "", "path": "", "query": "", "opaque": "", "fragment": "", "userinfo": "",
    ]
    func cut(_ separator: String) -> String? {
        guard let place = Substring(rest).utf8.firstRange(ofBytes: separator) else { return nil }
        let after = String(rest[place.upperBound...])
        rest = String(rest[..<place.lowerBound])
        return after
    }
    parts["fragment"] = cut("#") ?? ""
    parts["query"] = cut("?") ?? ""
    if let colon = rest.firstIndex(of: ":"), colon > rest.startIndex,
        rest[..<colon].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) })
    {
        parts["scheme"] = rest[..<colon].lowercased()
        rest = String(rest[rest.index(after: colon)...])
        if !rest.hasPrefix("/") {
            parts["opaque"] = rest
            return parts.mapValues(Value.string)
        }
    }
    if rest.hasPrefix("//") {
        let authority = String(rest.dropFirst(2).prefix { $0 != "/" })
        rest = String(rest.dropFirst(2 + authority.count))
        var host = authority
        if let at = authority.lastIndex(of: "@") {
            parts["userinfo"] = String(authority[..<at])
            host = String(authority[authority.index(after: at)...])
        }
        parts["host"] = host
        parts["hostname"] = hostName(host)
    }
    parts["path"] = rest
    return parts.mapValues(Value.string)
}

private func hostName(_ host: String) -> String {
    if host.hasPrefix("["), let close = host.firstIndex(of: "]") {
        return String(host[host.index(after: host.startIndex)..<close])
    }
    return String(host.prefix { $0 != ":" })
}

private func joinedURL(_ parts: [String: Value]) throws(ValueFailure) -> String {
    var texts: [String: String] = [:]
    for (name, value) in parts {
        guard case .string(let text) = value else {
            throw ValueFailure(
                "unable to parse \(name) key, must be of type string, but \(value.goKind) found")
        }
        texts[name] = text
    }
    func part(_ name: String) -> String { texts[name] ?? "" }
    var url = part("scheme").isEmpty ? "" : part("scheme") + ":"
    if !part("opaque").isEmpty {
        url += part("opaque")
    } else {
        if !part("host").isEmpty || !part("userinfo").isEmpty || !part("scheme").isEmpty {
            let user = part("userinfo").isEmpty ? "" : part("userinfo") + "@"
            if !part("host").isEmpty || !part("path").isEmpty || !user.isEmpty { url += "//" + user + part("host") }
        }
        if !part("path").isEmpty, !part("path").hasPrefix("/"), !part("host").isEmpty { url += "/" }
        url += part("path")
    }
    if !part("query").isEmpty { url += "?" + part("query") }
    if !part("fragment").isEmpty { url += "#" + part("fragment") }
    return url
}
