package import ActorTransport

/// Finds the route of a request; literal segments win over parameters.
package struct Router: Sendable {
    package enum Match: Sendable {
        case route(Route, PathParameters)
        /// The path exists, with other methods only.
        case otherMethods([RequestMethod])
        case none
    }

    private struct Ending: Sendable {
        let route: Route
        /// The parameters on the way, in order.
        let names: [String]
    }

    private struct Branch: Sendable {
        var literals: [Substring: Int] = [:]
        var parameter: Int?
        /// Routes that end here.
        var routes: [Ending] = []
        /// Routes that take in all the rest.
        var restRoutes: [Ending] = []
    }

    private var branches = [Branch()]

    package init(_ routes: [Route] = RouteTable.routes) {
        for route in routes { self.insert(route) }
    }

    /// - Throws: `invalidArgument` where the path's escapes are malformed.
    package func match(_ method: RequestMethod, path: Substring) throws(ServiceError) -> Match {
        let segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        var search = Search(method: method.routed)
        guard let found = self.find(segments[...], from: 0, &search) else {
            return search.otherMethods.isEmpty ? .none : .otherMethods(search.otherMethods)
        }
        var parameters: [String: String] = [:]
        for (name, value) in zip(found.names, search.values) {
            guard let decoded = percentDecoded(value) else {
                throw ServiceError(.invalidArgument, "invalid URL escape in the path segment \"\(value)\"")
            }
            parameters[name] = decoded
        }
        return .route(found.route, PathParameters(parameters))
    }

    private struct Search {
        let method: RequestMethod
        /// What the parameters on the way stand for.
        var values: [Substring] = []
        /// The methods of routes that would have matched but for the method.
        var otherMethods: [RequestMethod] = []
    }

    /// Goes down the tree.
    ///
    /// Where a literal leads nowhere, the parameter beside it is tried: a workflow may be named `lint`.
    private func find(_ segments: ArraySlice<Substring>, from index: Int, _ search: inout Search) -> Ending? {
        let branch = self.branches[index]
        guard let segment = segments.first, let last = segments.last else {
            return Self.choose(branch.routes, &search)
        }
        if let next = branch.literals[segment], let found = self.find(segments.dropFirst(), from: next, &search) {
            return found
        }
        if let next = branch.parameter {
            search.values.append(segment)
            if let found = self.find(segments.dropFirst(), from: next, &search) { return found }
            search.values.removeLast()
        }
        guard !branch.restRoutes.isEmpty else { return nil }
        search.values.append(segment.base[segment.startIndex..<last.endIndex])
        if let found = Self.choose(branch.restRoutes, &search) { return found }
        search.values.removeLast()
        return nil
    }

    private static func choose(_ endings: [Ending], _ search: inout Search) -> Ending? {
        if let found = endings.first(where: { $0.route.method == search.method }) { return found }
        search.otherMethods += endings.map(\.route.method)
        return nil
    }

    private mutating func insert(_ route: Route) {
        var index = 0
        var names: [String] = []
        for segment in route.pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard segment.hasPrefix("{"), segment.hasSuffix("}") else {
                index = self.child(of: index, literal: segment)
                continue
            }
            let name = segment.dropFirst().dropLast()
            if name.hasSuffix("...") {
                self.branches[index].restRoutes.append(
                    Ending(route: route, names: names + [String(name.dropLast(3))]))
                return
            }
            names.append(String(name))
            index = self.parameterChild(of: index)
        }
        self.branches[index].routes.append(Ending(route: route, names: names))
    }

    private mutating func child(of index: Int, literal: Substring) -> Int {
        if let known = self.branches[index].literals[literal] { return known }
        self.branches.append(Branch())
        self.branches[index].literals[literal] = self.branches.count - 1
        return self.branches.count - 1
    }

    private mutating func parameterChild(of index: Int) -> Int {
        if let known = self.branches[index].parameter { return known }
        self.branches.append(Branch())
        self.branches[index].parameter = self.branches.count - 1
        return self.branches.count - 1
    }
}
