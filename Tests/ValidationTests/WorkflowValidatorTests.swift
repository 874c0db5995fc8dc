import JSON
import Model
import OrderedCollections
import Testing

@testable import Validation

@Suite("WorkflowValidator")
struct WorkflowValidatorTests {
    @Test("a workflow that is well formed has no issues")
    func wellFormed() throws {
        let issue = try Specs.issue(
            Specs.steps(
                "main", Specs.call("a"),
                [
                    "name": "b", "template": "echo",
                    "arguments": ["parameters": [["name": "m", "value": "{{steps.a.outputs.result}}"]]],
                ]),
            Specs.leaf(
                "echo",
                [
                    "inputs": ["parameters": [["name": "m"]]],
                    "container": [
                        "image": "busybox", "args": ["{{inputs.parameters.m}} {{workflow.name}} {{pod.name}}"],
                    ],
                ]))
        #expect(issue == nil)
    }

    @Test("an entrypoint is needed, and must exist")
    func entrypoint() throws {
        #expect(try Specs.issue(Specs.leaf("main"), spec: ["entrypoint": nil]) == "spec.entrypoint is required")
        #expect(try Specs.issue(spec: ["entrypoint": "nope"]) == "template name 'nope' undefined")
    }

    @Test("names are limited in length by what is made of them")
    func lengths() throws {
        var workflow = try Specs.workflow(Specs.leaf("main"))
        let long = String(repeating: "a", count: 64)
        workflow.metadata.name = long
        #expect(
            WorkflowValidator().validate(workflow).map(\.message) == [
                "workflow name \"\(long)\" must not be more than 63 characters long (currently 64)"
            ])
        workflow.metadata.name = String(long.dropLast())
        #expect(WorkflowValidator().validate(workflow).isEmpty)
        let template = try Specs.template(long, Specs.leaf("a"))
        #expect(
            WorkflowValidator().validate(workflowTemplate: template).first?.message
                == "workflow template name \"\(long)\" must not be more than 63 characters long (currently 64)")
        #expect(
            WorkflowValidator().validate(clusterWorkflowTemplate: template).first?.message
                == "cluster workflow template name \"\(long)\" must not be more than 63 characters long (currently 64)")
    }

    @Test("keys and values of labels, and keys of annotations, are what Kubernetes takes")
    func metadata() throws {
        var workflow = try Specs.workflow(Specs.leaf("main"))
        workflow.metadata.labels = ["example.com/a_b.c": "V-1", "plain": ""]
        workflow.metadata.annotations = ["Example.com/free": "any text, of any kind"]
        #expect(WorkflowValidator(purpose: .create).validate(workflow).isEmpty)
        workflow.metadata.labels = ["a": "ends-with-"]
        #expect(WorkflowValidator(purpose: .create).validate(workflow).count == 1)
        #expect(WorkflowValidator(purpose: .lint).validate(workflow).count == 1)
        func issues(labels: StringMap = [:], annotations: StringMap = [:]) -> [String] {
            var metadata = ObjectMeta()
            metadata.labels = labels
            metadata.annotations = annotations
            var map = ConfigMap()
            map.metadata = metadata
            return WorkflowValidator(purpose: .create).validate(map).map(\.message)
        }
        let rule =
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
            + "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
            + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
        #expect(issues(labels: ["a b": "c"]) == ["metadata.labels: Invalid value: \"a b\": \(rule)"])
        #expect(issues(annotations: ["a b": "c"]) == ["metadata.annotations: Invalid value: \"a b\": \(rule)"])
        #expect(
            issues(labels: ["a": "b c"]).first?.hasPrefix(
                "metadata.labels: Invalid value: \"b c\": a valid label must be an empty string or consist of") == true)
        #expect(
            issues(labels: ["/a": "b"]) == ["metadata.labels: Invalid value: \"/a\": prefix part must be non-empty"])
        #expect(issues(labels: ["A.b/c": "d"]).first?.contains("prefix part a lowercase RFC 1123 subdomain") == true)
        #expect(issues(labels: ["a/b/c": "d"]).first?.contains("a qualified name must consist of") == true)
        #expect(issues(labels: ["a/": "d"]).first?.hasSuffix("name part must be non-empty") == true)
        let long = String(repeating: "x", count: 64)
        #expect(
            issues(labels: [long: long]) == [
                "metadata.labels: Invalid value: \"\(long)\": name part must be no more than 63 bytes",
                "metadata.labels: Invalid value: \"\(long)\": must be no more than 63 bytes",
            ])
        #expect(
            issues(annotations: ["a": String(repeating: "x", count: 256 << 10)])
                == ["metadata.annotations: Too long: may not be more than 262144 bytes"])
    }

    @Test("a namespace is one label of a domain name, for every kind and for lint too")
    func namespaces() throws {
        let rule =
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "
            + "end with an alphanumeric character (e.g. 'my-name',  or '123-abc')"
        func issues(_ namespace: String, _ kind: ObjectKind = .configMap) throws -> [String] {
            let spec: JSONValue = ["entrypoint": "main", "templates": [Specs.leaf("main")]]
            let document: JSONValue = [
                "kind": .string(kind.rawValue), "metadata": ["name": "a", "namespace": .string(namespace)],
                "spec": Specs.merged(
                    spec,
                    ["workflowSpec": spec, "schedules": ["* * * * *"], "event": ["selector": "true"]]),
            ]
            return WorkflowValidator().validate(try Manifest(document, isStrict: false)).map(\.message)
        }
        for namespace in ["", "argo", "a-1", "1", String(repeating: "n", count: 63)] {
            #expect(try issues(namespace).isEmpty, "\(namespace)")
        }
        for namespace in ["../../evil", "A B", "Bad_NS", "-a", "a-", "a.b", "é"] {
            for kind in ObjectKind.allCases {
                #expect(try issues(namespace, kind) == ["metadata.namespace: Invalid value: \"\(namespace)\": \(rule)"])
            }
        }
        #expect(try issues("\0x").first?.hasPrefix("metadata.namespace: Invalid value: \"\\u0000x\": a low") == true)
        let long = String(repeating: "n", count: 64)
        #expect(
            try issues(long) == ["metadata.namespace: Invalid value: \"\(long)\": must be no more than 63 bytes"])
    }

    @Test("an event binding has a selector that can be read")
    func selectors() throws {
        func issue(_ spec: JSONValue) throws -> String? {
            let binding = try WorkflowEventBinding(
                json: ["spec": spec], at: DecodingPlace())
            return WorkflowValidator().validate(binding).first?.message
        }
        #expect(try issue(["event": ["selector": "payload.message != \"\" && discriminator == 'x'"]]) == nil)
        let malformed = try #require(try issue(["event": ["selector": "a =="]]))
        #expect(malformed.hasPrefix("spec.event.selector: expression \"a ==\" is malformed: "), "\(malformed)")
        #expect(malformed.hasSuffix("(line 1, column 4)"), "\(malformed)")
        for spec: JSONValue in [["submit": [:]], ["event": [:]], ["event": ["selector": ""]]] {
            #expect(try issue(spec)?.hasPrefix("spec.event.selector is required: an expression over payload") == true)
        }
    }

    @Test("an object says no other version than its kind has")
    func versions() throws {
        func issues(_ document: JSONValue, _ purpose: WorkflowValidator.Purpose = .lint) throws -> [String] {
            let spec: JSONValue = ["entrypoint": "main", "templates": [Specs.leaf("main")]]
            let manifest = try Manifest(Specs.merged(["kind": "Workflow", "spec": spec], document), isStrict: false)
            return WorkflowValidator(purpose: purpose).validate(manifest).map(\.message)
        }
        let named: JSONValue = ["generateName": "a-"]
        #expect(try issues(["metadata": named, "apiVersion": "argoproj.io/v1alpha1"]).isEmpty)
        for purpose in [WorkflowValidator.Purpose.lint, .create] {
            #expect(
                try issues(["metadata": named, "apiVersion": "argoproj.io/v2"], purpose) == [
                    "apiVersion: Invalid value: \"argoproj.io/v2\": that of a Workflow is \"argoproj.io/v1alpha1\""
                ])
            #expect(
                try issues(["kind": "ConfigMap", "metadata": named, "apiVersion": "v2"], purpose)
                    == ["apiVersion: Invalid value: \"v2\": that of a ConfigMap is \"v1\""])
        }
        #expect(try issues([:]).isEmpty)
    }

    @Test("a template has one kind")
    func kinds() throws {
        #expect(try Specs.issue(["name": "main"]) == "template 'main' type is unknown")
        #expect(
            try Specs.issue(Specs.leaf("main", ["suspend": [:]]))
                == "templates.main multiple template types specified. choose one of: container, containerSet, steps, "
                + "script, resource, dag, suspend, template, template ref")
    }

    @Test("template names are unique and well formed")
    func templateNames() throws {
        #expect(
            try Specs.issue(Specs.leaf("main"), Specs.leaf("main")) == "spec.templates[1].name 'main' is not unique")
        #expect(
            try Specs.issue(Specs.leaf("main"), Specs.leaf("a_b"))
                == "spec.templates[1].name: 'a_b' is invalid: name must consist of alpha-numeric characters or "
                + "'-', and must start with an alpha-numeric character (e.g. My-name1-2, 123-NAME)")
    }

    @Test("a template that nothing calls is looked at too, and named twice in the message as Argo does")
    func uncalled() throws {
        #expect(
            try Specs.issue(Specs.leaf("main"), Specs.steps("other", ["name": "x", "template": "missing"]))
                == "templates.other templates.other.steps[0].x template name 'missing' undefined")
    }

    @Test("workflow arguments need values when a workflow is made, but not when it is linted")
    func arguments() throws {
        let spec: JSONValue = ["arguments": ["parameters": [["name": "p"]]]]
        #expect(try Specs.issue(Specs.leaf("main"), spec: spec, purpose: .lint) == nil)
        #expect(
            try Specs.issue(Specs.leaf("main"), spec: spec)
                == "spec.arguments.p.value or spec.arguments.p.valueFrom is required")
        #expect(
            try Specs.issue(
                Specs.leaf("main"),
                spec: ["arguments": ["parameters": [["name": "p", "value": "c", "enum": ["a", "b"]]]]])
                == "spec.arguments.p.value should be present in spec.arguments.p.enum list")
        #expect(
            try Specs.issue(
                Specs.leaf("main"), spec: ["arguments": ["parameters": [["name": "p", "value": "c", "enum": []]]]])
                == "spec.arguments.p.enum should contain at least one value")
    }

    @Test("the policy of a retry strategy is one of Argo's")
    func retryPolicy() throws {
        #expect(
            try Specs.issue(Specs.leaf("main", ["retryStrategy": ["retryPolicy": "Sometimes"]]))
                == "Sometimes is not a valid RetryPolicy")
    }

    @Test("tags must refer to something that is there")
    func references() throws {
        func leaf(_ text: String) -> JSONValue {
            Specs.leaf("main", ["container": ["image": "busybox", "args": [.string(text)]]])
        }
        #expect(
            try Specs.issue(leaf("{{inputs.parameters.nope}}"))
                == "templates.main: failed to resolve {{inputs.parameters.nope}}")
        #expect(
            try Specs.issue(leaf("{{ workflow.parameters.p }}"))
                == "templates.main: failed to resolve {{ workflow.parameters.p }}")
        for text in [
            "{{user.defined}}", "{{=anything.goes}}", "{{workflow.creationTimestamp}}", "{{ workflow.uid }}", "{{",
            "{{pod.name}}", "{{node.name}}",
        ] {
            #expect(try Specs.issue(leaf(text)) == nil, "\(text)")
        }
    }

    @Test("exit handlers know why the workflow failed, the entrypoint does not")
    func failures() throws {
        let handler = Specs.leaf(
            "bye", ["container": ["image": "busybox", "args": ["{{workflow.failures}}"]]])
        #expect(try Specs.issue(Specs.leaf("main"), handler, spec: ["onExit": "bye"]) == nil)
        #expect(
            try Specs.issue(handler, spec: ["entrypoint": "bye"])
                == "templates.bye: failed to resolve {{workflow.failures}}")
        #expect(try Specs.issue(Specs.leaf("main"), spec: ["onExit": "bye"]) == "template name 'bye' undefined")
    }

    @Test("deadlines and timeouts belong to templates with work of their own")
    func deadlines() throws {
        #expect(
            try Specs.issue(Specs.steps("main", Specs.call("a"), members: ["activeDeadlineSeconds": 5]))
                == "templates.main.activeDeadlineSeconds is only valid for leaf templates")
        #expect(
            try Specs.issue(Specs.dag("main", Specs.call("a"), members: ["timeout": "5s"]))
                == "DAG template doesn't support timeout field")
        #expect(
            try Specs.issue(Specs.leaf("main", ["timeout": "5"])) == "main has invalid duration format in timeout")
        #expect(
            try Specs.issue(Specs.leaf("main", ["activeDeadlineSeconds": "soon"]))
                == "templates.main.activeDeadlineSeconds must be a positive integer > 0 or an argo variable")
    }

    @Test("hooks other than the one at the exit need an expression")
    func hooks() throws {
        #expect(
            try Specs.issue(Specs.leaf("main"), spec: ["hooks": ["running": ["template": "ok"]]])
                == "hooks.running Expression required")
        #expect(try Specs.issue(Specs.leaf("main"), spec: ["hooks": ["exit": ["template": "ok"]]]) == nil)
    }

    @Test("a workflow of a stored template takes its templates, arguments and entrypoint from there")
    func storedTemplate() throws {
        var known = KnownTemplates()
        known.add(
            try Specs.template(
                "base", Specs.leaf("go", ["container": ["image": "busybox", "args": ["{{workflow.parameters.p}}"]]]),
                spec: ["entrypoint": "go", "arguments": ["parameters": [["name": "p", "value": "1"]]]]))
        let spec: JSONValue = ["entrypoint": nil, "templates": nil, "workflowTemplateRef": ["name": "base"]]
        #expect(try Specs.issue(spec: spec, known: known) == nil)
        #expect(try Specs.issue(spec: spec) == "workflowtemplates.argoproj.io \"base\" not found")
        #expect(
            try Specs.issue(spec: ["workflowTemplateRef": ["name": "base"]], known: known)
                == "Templates is invalid field in spec if workflow referred WorkflowTemplate reference")
        let missing: JSONValue = ["templates": nil, "workflowTemplateRef": ["name": "base"]]
        #expect(try Specs.issue(spec: missing, known: known) == "template reference base.main not found")
    }

    @Test("a stored template may refer to parameters that only its workflows have")
    func templateParameters() throws {
        let leaf = Specs.leaf("go", ["container": ["image": "busybox", "args": ["{{workflow.parameters.p}}"]]])
        #expect(WorkflowValidator().validate(workflowTemplate: try Specs.template("t", leaf)).isEmpty)
    }

    @Test("an artifact lies in one place only, which Kubernetes would say as well")
    func artifactLocations() throws {
        let artifact: JSONValue = ["name": "a", "path": "/a", "raw": ["data": "x"], "http": ["url": "http://x/y"]]
        #expect(
            try Specs.issue(Specs.leaf("main", ["inputs": ["artifacts": [artifact]]]))
                == "templates.main.inputs.artifacts.a: at most one artifact location can be specified, found "
                + "http and raw"
        )
    }

    /// A template, members of the spec, and the issue.
    private static let malformed: [(JSONValue, JSONValue, String)] = [
        (
            Specs.leaf("main", ["container": ["image": "busybox", "args": ["{{= 1 + }} {{=workflow.name}}"]]]), [:],
            "templates.main.container.args[0]: expression \" 1 + \" is malformed: unexpected token EOF (line 1, "
                + "column 5)"
        ),
        (
            Specs.leaf("main"), ["hooks": ["x": ["template": "ok", "expression": "a =="]]],
            "hooks.x.expression: expression \"a ==\" is malformed: unexpected token EOF (line 1, column 4)"
        ),
        (
            Specs.dag("main", Specs.call("a"), Specs.call("b", ["depends": "a &&"])), [:],
            "templates.main.tasks.b.depends: invalid depends 'a &&': unexpected token EOF (line 1, column 4)"
        ),
        (
            Specs.steps("main", Specs.call("a", ["when": "a =="])), [:],
            "templates.main.steps[0].a.when: Invalid 'when' expression 'a ==': Unexpected end of expression "
                + "(line 1, column 5)"
        ),
        (
            Specs.dag("main", Specs.call("a", ["when": "true && (1 == 1"])), [:],
            "templates.main.tasks.a.when: Invalid 'when' expression 'true && (1 == 1': Unbalanced parenthesis "
                + "(line 1, column 9)"
        ),
        (
            Specs.steps("main", Specs.call("a", ["when": "{{workflow.name}} == 'b"])), [:],
            "templates.main.steps[0].a.when: Invalid 'when' expression '{{workflow.name}} == 'b': "
                + "Unclosed string literal (line 1, column 22)"
        ),
        (
            Specs.leaf("main", ["retryStrategy": ["expression": "{{retries}} in [1, 2"]]), [:],
            "templates.main.retryStrategy.expression: expression \"{{retries}} in [1, 2\" is malformed: "
        ),
        (
            Specs.steps(
                "main", Specs.call("a"),
                members: ["outputs": ["parameters": [["name": "p", "valueFrom": ["expression": "a ? b"]]]]]), [:],
            "templates.main.outputs.parameters.p.valueFrom.expression: expression \"a ? b\" is malformed: "
        ),
    ]

    @Test("an expression that cannot be read is refused with its field, its text and the place in the text")
    func expressions() throws {
        for (template, spec, expected) in Self.malformed {
            let message = try #require(try Specs.issue(template, spec: spec))
            #expect(message.hasPrefix(expected), "\(message)")
            #expect(message.contains("(line 1, column "), "\(message)")
        }
    }

    @Test("a name that Kubernetes would not take is refused, a prefix may end with a dash")
    func names() throws {
        for (name, prefix, isRight) in [
            ("a-1.b", "", true), ("", "a-", true), ("A", "", false), ("a_b", "", false), ("-a", "", false),
            ("a/b", "", false), ("", "a_", false),
        ] {
            var workflow = try Specs.workflow(Specs.leaf("main"))
            workflow.metadata.name = name
            workflow.metadata.generateName = prefix
            let issues = WorkflowValidator(purpose: .create).validate(workflow)
            #expect(issues.isEmpty == isRight, "\(name)\(prefix): \(issues)")
            #expect(isRight || issues.first?.message.hasPrefix("metadata.") == true)
        }
    }

    @Test("a resource that is no quantity is refused")
    func quantities() throws {
        func issue(_ amount: String) throws -> String? {
            let resources: JSONValue = ["limits": ["cpu": .string(amount)]]
            return try Specs.issue(
                Specs.leaf("main", ["container": ["image": "a", "command": ["a"], "resources": resources]]))
        }
        #expect(
            try issue("lots")?.hasPrefix("templates.main.container.resources.limits.cpu: \"lots\" is no quantity")
                == true)
        for amount in ["500m", "1.5", "1e3", "64Mi", "{{workflow.name}}"] { #expect(try issue(amount) == nil) }
    }

    @Test("an expression is not refused for what its tags may stand for")
    func expressionsWithTags() throws {
        let conditions = [
            "{{workflow.name}}", "{{workflow.name}} == y", "({{workflow.name}}) && {{workflow.uid}}",
            "{{workflow.name}} {{workflow.uid}} {{workflow.name}}", "!{{workflow.name}}",
            "'{{workflow.name}}' =~ 'a.*'",
            "{{workflow.name}}.{{workflow.uid}} > 1.5", "1{{workflow.name}} < 2", "{{=workflow.name}} == 'a'",
            "{{workflow.name}}-{{workflow.uid}} != 2026-01-01", "",
        ]
        for condition in conditions {
            let message = try Specs.issue(
                Specs.steps("main", Specs.call("a", ["when": .string(condition)])))
            #expect(message == nil, "\(condition): \(message ?? "")")
        }
        let retry: JSONValue = ["retryStrategy": ["expression": "asInt(lastRetry.exitCode) > 1"]]
        #expect(try Specs.issue(Specs.leaf("main", retry)) == nil)
    }

    @Test("templates that call each other too deeply are refused, and do not exhaust the stack")
    func depth() throws {
        func issue(_ count: Int) throws -> String? {
            let chain = (0..<count).map { Specs.steps("t\($0)", ["name": "x", "template": .string("t\($0 + 1)")]) }
            let spec: JSONValue = [
                "entrypoint": "t0", "templates": .array(chain + [Specs.leaf("t\(count)")]),
            ]
            let workflow = try Workflow(json: ["metadata": ["name": "a"], "spec": spec], at: DecodingPlace())
            return WorkflowValidator().validate(workflow).first?.message
        }
        let most = WorkflowValidator.maximumDepth
        #expect(try issue(most - 1) == nil)
        #expect(try issue(most)?.hasSuffix("is called through more than 100 templates, one within the other") == true)
        #expect(try issue(5_000) != nil)
    }
}
