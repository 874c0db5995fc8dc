import Testing

@testable import Gateway

@Suite("RouteTable")
struct RouteTableTests {
    @Test("every operation has exactly one route")
    func oneRouteEach() {
        #expect(RouteTable.routes.count == Operation.allCases.count)
        #expect(Set(RouteTable.routes.map(\.operation)) == Set(Operation.allCases))
    }

    @Test("every route of the table is found by a path of its pattern, with the parameters in their places")
    func everyRouteIsFound() throws {
        let router = Router()
        for route in RouteTable.routes {
            let path = route.pattern
                .replacing("{path...}", with: "a/b")
                .split(separator: "/", omittingEmptySubsequences: false)
                .map { $0.hasPrefix("{") ? "x-\($0.dropFirst().dropLast())" : String($0) }
                .joined(separator: "/")
            guard case .route(let found, let parameters) = try router.match(route.method, path: path[...]) else {
                Issue.record("no route for \(route.method.rawValue) \(path)")
                continue
            }
            #expect(found == route, "\(route.method.rawValue) \(path)")
            for segment in route.pattern.split(separator: "/") where segment.hasPrefix("{") {
                let name = String(segment.dropFirst().dropLast())
                guard name != "path..." else { continue }
                #expect(parameters[name] == "x-\(name)", "\(path)")
            }
        }
    }

    @Test("what changes something asks for a right to change it, and what only reads for a right to read")
    func rightsFitMethods() {
        for route in RouteTable.routes {
            guard let access = route.access else { continue }
            let expected: Set<String> =
                switch route.method {
                case .get: ["get", "list", "watch"]
                case .post: ["create"]
                case .put: ["update"]
                case .delete: ["delete"]
                case .head, .options, .patch, .other: []
                }
            #expect(expected.contains(access.verb), "\(route.method.rawValue) \(route.pattern)")
        }
    }

    @Test("only what Argo leaves open needs no rights")
    func openRoutes() {
        let open = RouteTable.routes.filter { $0.access == nil }.map(\.pattern)
        #expect(
            Set(open) == [
                "/api/v1/info", "/api/v1/version", "/api/v1/userinfo", "/api/v1/tracking/event", "/", "/healthz",
                "/readyz",
                "/metrics", "/oauth2/redirect", "/oauth2/callback",
            ])
    }
}

@Suite("Router")
struct RouterTests {
    private let router = Router()

    private func operation(_ method: RequestMethod, _ path: String) throws -> (Operation, PathParameters)? {
        guard case .route(let route, let parameters) = try self.router.match(method, path: path[...]) else {
            return nil
        }
        return (route.operation, parameters)
    }

    @Test("a workflow may have the name of a verb")
    func namesLikeVerbs() throws {
        let found = try #require(try self.operation(.get, "/api/v1/workflows/argo/lint"))
        #expect(found.0 == .getWorkflow)
        #expect(found.1["name"] == "lint")
        #expect(try self.operation(.post, "/api/v1/workflows/argo/lint")?.0 == .lintWorkflow)
        #expect(try self.operation(.get, "/api/v1/workflows/argo/log/log")?.0 == .workflowLogs)
    }

    @Test("an empty segment stands for every namespace")
    func emptyNamespace() throws {
        let found = try #require(try self.operation(.get, "/api/v1/workflows/"))
        #expect(found.0 == .listWorkflows)
        #expect(found.1["namespace"] == "")
    }

    @Test("a segment is decoded after the path is taken apart, so an encoded slash stays inside its segment")
    func decoding() throws {
        let found = try #require(try self.operation(.get, "/api/v1/workflows/my%20ns/a%2Fb"))
        #expect(found.1["namespace"] == "my ns")
        #expect(found.1["name"] == "a/b")
    }

    @Test("HEAD goes where GET goes")
    func head() throws {
        #expect(try self.operation(.head, "/api/v1/version")?.0 == .getVersion)
    }

    @Test("a path that exists with other methods says which")
    func otherMethods() throws {
        guard case .otherMethods(let methods) = try self.router.match(.patch, path: "/api/v1/workflows/argo") else {
            Issue.record("expected other methods")
            return
        }
        #expect(Set(methods) == [.get, .post])
    }

    @Test("a broken escape is a bad request")
    func brokenEscape() {
        #expect(throws: (any Error).self) { try self.router.match(.get, path: "/api/v1/workflows/%zz/x") }
        #expect(throws: (any Error).self) { try self.router.match(.get, path: "/api/v1/workflows/%ff/x") }
    }

    @Test("the rest of a path goes whole to the route that asks for it")
    func rest() throws {
        let found = try #require(
            try self.operation(.get, "/artifact-files/argo/workflows/w/n/outputs/a/dir/file.txt"))
        #expect(found.0 == .getArtifactFilePath)
        #expect(found.1["path"] == "dir/file.txt")
    }
}
