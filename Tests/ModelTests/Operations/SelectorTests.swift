import JSON
import OrderedCollections
import Testing

@testable import Model

@Suite("Selectors")
struct SelectorTests {
    private func matches(_ selector: String, _ labels: StringMap) throws -> Bool {
        try LabelSelector(selector).matches(labels)
    }

    @Test("label selectors have Kubernetes' meaning, also where a label is absent")
    func labels() throws {
        let labels: StringMap = ["app": "web", "tier": "front", "n": "5", "workflows.argoproj.io/phase": "Failed"]
        for selector in [
            "", "app=web", "app==web", "app = web , tier=front", "app in (api, web)", "tier notin (back)", "app", "!db",
            "app!=api", "db!=x", "db notin (x)", "n>4", "n<6", "workflows.argoproj.io/phase in (Failed,Error)",
        ] {
            #expect(try self.matches(selector, labels), "\(selector)")
        }
        for selector in ["app=api", "db=x", "db", "!app", "app notin (web)", "n>5", "app>1", "db in ()", "app="] {
            #expect(try !self.matches(selector, labels), "\(selector)")
        }
    }

    @Test("a label selector that cannot be read says where")
    func malformedLabels() {
        func failure(_ text: String) -> String? {
            do {
                _ = try LabelSelector(text)
                return nil
            } catch {
                return error.message
            }
        }
        #expect(
            failure("app in web")
                == "unable to parse label selector \"app in web\": found 'web' at character 8, expected '('")
        #expect(
            failure("a=b,,c")
                == "unable to parse label selector \"a=b,,c\": found ',' at character 5, expected a label's name")
        #expect(
            failure("a=b,")
                == "unable to parse label selector \"a=b,\": found the end at character 5, expected a label's name")
        #expect(failure("a>x")?.hasSuffix("found 'x' at character 3, expected a whole number") == true)
    }

    @Test("node selectors look at the fields that Argo names, and absent ones are empty")
    func nodes() throws {
        var node = NodeStatus(id: "w-1", name: "w[0].a", displayName: "a", type: .suspend)
        node.phase = .running
        node.templateRef = TemplateRef(name: "shelf", template: "approve")
        node.inputs = Inputs()
        node.inputs?.parameters = [Parameter(name: "env", value: "pro,d")]
        for selector in [
            "displayName=a", "templateName=approve", "phase!=Failed", "name==w[0].a,id=w-1",
            "templateRef.name=shelf", "inputs.parameters.env.value=pro\\,d", "inputs.parameters.no.value=", "",
        ] {
            #expect(try FieldSelector(selector).matches(node), "\(selector)")
        }
        #expect(try !FieldSelector("displayName=b").matches(node))
        #expect(throws: OperationError("invalid selector: 'a=b,nope'; can't understand 'nope' at character 5")) {
            try FieldSelector("a=b,nope")
        }
    }

    @Test("lists are narrowed by name, namespace and start")
    func lists() throws {
        var metadata = ObjectMeta()
        metadata.name = "a"
        metadata.namespace = "n"
        let started = Timestamp("2026-01-02T00:00:00Z")
        for selector in [
            "metadata.name=a", "metadata.namespace==n,metadata.name!=b", "spec.startedAt>2026-01-01T00:00:00Z",
            "ext.showRemainingItemCount=true", "",
        ] {
            #expect(try ListFieldSelector(selector).matches(metadata, startedAt: started), "\(selector)")
        }
        #expect(try !ListFieldSelector("spec.startedAt<2026-01-01T00:00:00Z").matches(metadata, startedAt: started))
        #expect(try !ListFieldSelector("metadata.name!=a").matches(metadata, startedAt: nil))
        #expect(throws: OperationError("unsupported requirement status.phase=Failed")) {
            try ListFieldSelector("status.phase=Failed")
        }
    }

    @Test("a projection keeps the paths it names, or all others, through arrays")
    func projections() {
        let json: JSONValue = [
            "metadata": ["name": "w", "uid": "u"], "items": [["metadata": ["name": "a"], "status": ["phase": "P"]]],
            "status": ["phase": "Failed", "nodes": ["x": ["id": "x"]]],
        ]
        #expect(
            FieldProjection("metadata.name,items.status").applied(to: json)
                == ["metadata": ["name": "w"], "items": [["status": ["phase": "P"]]]])
        #expect(
            FieldProjection("-status.nodes,items").applied(to: json)
                == ["metadata": ["name": "w", "uid": "u"], "status": ["phase": "Failed"]])
        #expect(FieldProjection("").applied(to: json) == json)
        #expect(FieldProjection("metadata").leavesOut("status"))
        #expect(!FieldProjection("status.phase").leavesOut("status"))
        #expect(FieldProjection("-status.nodes").leavesOut("status.nodes"))
        #expect(FieldProjection("result.object.status").withoutPrefix("result.object.") == FieldProjection("status"))
    }

    @Test("an artifact's key is found and set wherever its store keeps it")
    func keys() throws {
        var location = ArtifactLocation()
        #expect(location.key == nil)
        location.http = HTTPArtifact()
        location.http?.url = "https://host/a/b?c=d"
        #expect(location.key == "/a/b")
        try location.setKey("x")
        #expect(location.http?.url == "https://host/x?c=d")
        #expect(location.hasLocation)
        location.git = GitArtifact()
        #expect(throws: ArtifactLocation.KeyError(description: "key unsupported: cannot set key on git artifact")) {
            try location.setKey("x")
        }
    }

    @Test("spans of time read as Argo prints them")
    func durations() {
        func span(_ seconds: Int64) -> GoDuration { GoDuration(seconds: seconds) }
        #expect(HumanDuration.full(span(0)) == "0 seconds")
        #expect(HumanDuration.full(span(46)) == "46 seconds")
        #expect(HumanDuration.full(span(60)) == "1 minute 0 seconds")
        #expect(HumanDuration.full(span(90)) == "1 minute 30 seconds")
        #expect(HumanDuration.full(span(3_600 * 10)) == "10 hours 0 minutes")
        #expect(HumanDuration.full(span(86_400)) == "1 day 0 hours")
        #expect(HumanDuration.short(span(49)) == "49s")
        #expect(HumanDuration.short(span(5_400)) == "1h")
        #expect(HumanDuration.short(span(86_400 * 30)) == "30d")
        let now = Timestamp(seconds: 1_000_000)
        #expect(HumanDuration.relative(now, now: now) == "now")
        #expect(HumanDuration.relative(now - span(48), now: now) == "48 seconds ago")
        #expect(HumanDuration.relative(now + span(7_200), now: now) == "2 hours from now")
        let recorded = Timestamp("2026-11-23T02:48:31Z") ?? now
        #expect(
            HumanDuration.timestamp(recorded, now: recorded + span(48))
                == "Mon Nov 23 02:48:31 +0000 (48 seconds ago)")
        #expect(
            HumanDuration.timestamp(recorded, now: recorded + span(48), in: .fixed(offset: -12_600))
                == "Sun Nov 22 23:18:31 -0330 (48 seconds ago)")
    }
}
