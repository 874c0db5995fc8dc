import JSON
import Model
import Testing

@testable import Validation

@Suite("Leaves, outputs and schedules")
struct LeafAndCronTests {
    @Test("an output parameter has one source, and the one that its kind of template has")
    func outputs() throws {
        func leaf(_ parameter: JSONValue) -> JSONValue {
            Specs.leaf("main", ["outputs": ["parameters": [Specs.merged(["name": "x"], parameter)]]])
        }
        let place = "templates.main.outputs.parameters.x"
        #expect(
            try Specs.issue(leaf(["value": "1", "valueFrom": ["path": "/x"]]))
                == "\(place) has both valueFrom and value specified, choose one")
        #expect(try Specs.issue(leaf([:])) == "\(place) does not have valueFrom or value specified")
        #expect(
            try Specs.issue(leaf(["valueFrom": ["expression": "1"]]))
                == "\(place).path must be specified for Container templates")
        #expect(
            try Specs.issue(leaf(["valueFrom": [:]]))
                == "valueFrom type unspecified. choose one of: path, jqFilter, jsonPath, parameter, raw, expression")
        #expect(try Specs.issue(leaf(["valueFrom": ["path": "/x"]])) == nil)
        #expect(
            try Specs.issue(leaf(["valueFrom": ["path": "/x"], "globalName": "a b"]))
                == "\(place).globalName: Parameter/Artifact name must consist of alpha-numeric characters, '_' or '-' "
                + "e.g. my_param_1, MY-PARAM-1")
    }

    @Test("artifacts of a pod have a path that stays where it is")
    func artifactPaths() throws {
        func leaf(_ artifact: JSONValue) -> JSONValue {
            Specs.leaf(
                "main", ["inputs": ["artifacts": [Specs.merged(["name": "a", "raw": ["data": "x"]], artifact)]]])
        }
        let place = "error in templates.main.inputs.artifacts.a: Artifact 'a'"
        #expect(try Specs.issue(leaf([:])) == "\(place) did not specify a path")
        #expect(
            try Specs.issue(leaf(["path": "/tmp/safe/../../etc"]))
                == "\(place) attempted to use a path containing '..'. Directory traversal is not permitted")
        #expect(try Specs.issue(leaf(["path": "/tmp/safe/../safe/x"])) == nil)
    }

    @Test("a container set needs its containers, their dependencies, and a main one for files")
    func containerSets() throws {
        func set(_ containers: JSONValue..., members: JSONValue = [:]) -> JSONValue {
            Specs.merged(["name": "main", "containerSet": ["containers": .array(containers)]], members)
        }
        let place = "templates.main.containerSet"
        let outputs: JSONValue = ["outputs": ["parameters": [["name": "x", "valueFrom": ["path": "/x"]]]]]
        #expect(
            try Specs.issue(set(["name": "a", "image": "busybox"], members: outputs))
                == "\(place).containers must have a container named \"main\" for input or output")
        #expect(try Specs.issue(set()) == "\(place).containers must have at least one container")
        #expect(
            try Specs.issue(set(["name": "a", "dependencies": ["b"]]))
                == "\(place).containers.a dependency 'b' not defined")
        #expect(
            try Specs.issue(set(["name": "a", "dependencies": ["b"]], ["name": "b", "dependencies": ["a"]]))
                == "\(place).containers dependency cycle detected: b->a->b")
        #expect(
            try Specs.issue(set(["name": "wait"]))
                == "\(place).containers: \"wait\" is a reserved Argo container name")
    }

    @Test("an image may come from the defaults, but must come from somewhere")
    func images() throws {
        let leaf = Specs.leaf("main", ["container": ["command": ["true"]]])
        #expect(try Specs.issue(leaf) == "templates.main.container.image may not be empty")
        #expect(
            try Specs.issue(leaf, spec: ["templateDefaults": ["container": ["image": "busybox"]]]) == nil)
    }

    @Test("a resource template says what to do with which manifest")
    func resources() throws {
        func resource(_ members: JSONValue) -> JSONValue { ["name": "main", "resource": members] }
        #expect(
            try Specs.issue(resource(["action": "make"]))
                == "templates.main.resource.action must be one of: get, create, apply, delete, replace, patch")
        #expect(
            try Specs.issue(resource(["action": "create"]))
                == "either templates.main.resource.manifest or templates.main.resource.manifestFrom must be specified")
        let workflow = try Specs.workflow(resource(["action": "create", "manifest": "a: {{=1}}: b"]))
        let validator = WorkflowValidator(isYAML: { $0 != "a: x: b" })
        #expect(
            validator.validate(workflow).first?.message == "templates.main.resource.manifest must be a valid yaml")
    }

    @Test("metrics have names, labels, help and values that Prometheus takes")
    func metrics() throws {
        func leaf(_ metric: JSONValue) -> JSONValue {
            let whole = Specs.merged(["name": "m", "help": "h", "counter": ["value": "1"]], metric)
            return Specs.leaf("main", ["metrics": ["prometheus": [whole]]])
        }
        #expect(try Specs.issue(leaf([:])) == nil)
        #expect(
            try Specs.issue(leaf(["name": "a.b"]))
                == "templates.main metric name 'a.b' is invalid. Metric names must contain alphanumeric "
                + "characters or '_'"
        )
        #expect(
            try Specs.issue(leaf(["help": ""]))
                == "templates.main metric 'm' must contain a help string under 'help: ' field")
        #expect(
            try Specs.issue(leaf(["labels": [["key": "a-b", "value": "x"]]]))
                == "metric label 'a-b' is invalid: keys may only contain alphanumeric characters or '_'")
        #expect(
            try Specs.issue(leaf(["gauge": ["realtime": true, "value": "{{resourcesDuration.cpu}}"]]))
                == "templates.main metric 'm' error: 'resourcesDuration.*' metrics cannot be used in real-time")
    }

    @Test("a cron workflow has schedules that can be read, a known policy and a valid spec")
    func cron() throws {
        func issue(_ spec: JSONValue, name: String = "c") throws -> String? {
            let whole = Specs.merged(
                [
                    "schedules": ["* * * * *"],
                    "workflowSpec": ["entrypoint": "main", "templates": [Specs.leaf("main")]],
                ], spec)
            let cron = try CronWorkflow(
                json: ["metadata": ["name": .string(name)], "spec": whole], at: DecodingPlace())
            return WorkflowValidator(isKnownTimeZone: { $0 == "Europe/Berlin" }).validate(cron).first?.message
        }
        #expect(try issue(["timezone": "Europe/Berlin"]) == nil)
        #expect(try issue(["schedules": []]) == "cron workflow must have at least one schedule")
        #expect(
            try issue(["schedules": ["* * * *"]])
                == "cron schedule * * * * is malformed: expected exactly 5 fields, found 4: [* * * *]")
        #expect(try issue(["timezone": "Mars/One"]) == "invalid timezone \"Mars/One\": unknown time zone Mars/One")
        #expect(try issue(["concurrencyPolicy": "Maybe"]) == "'Maybe' is not a valid concurrencyPolicy")
        #expect(try issue(["startingDeadlineSeconds": -1]) == "startingDeadlineSeconds must be positive")
        #expect(
            try issue(["workflowSpec": ["entrypoint": "nope", "templates": [Specs.leaf("main")]]])
                == "cannot validate Workflow: template name 'nope' undefined")
        for condition in ["{{= 1 + }}", "{{=cronworkflow.name}} == 'a' && {{= 1 + }}"] {
            let message = try #require(try issue(["when": .string(condition)]))
            #expect(message.hasPrefix("spec.when: expression \" 1 + \" is malformed: "), "\(message)")
            #expect(message.contains("(line 1, column "), "\(message)")
        }
        #expect(try issue(["when": "{{=cronworkflow.name}} == 'a'"]) == nil)
        let long = String(repeating: "a", count: 53)
        #expect(
            try issue([:], name: long)
                == "cron workflow name \"\(long)\" must not be more than 52 characters long (currently 53)")
    }
}
