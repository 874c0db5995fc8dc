import JSON
import Model
import OrderedCollections
import Testing

@Suite("Decoding")
struct DecodingTests {
    private func failure(_ text: String, isStrict: Bool = true) throws -> String? {
        let json = try JSONValue.parse(text)
        do throws(DecodingFailure) {
            _ = try Manifest(json, isStrict: isStrict)
            return nil
        } catch {
            return error.description
        }
    }

    @Test(
        "an unknown member is refused with its path and the nearest known name",
        arguments: [
            (#"{"kind":"Workflow","spec":{"bogus":1}}"#, #"unknown field "spec.bogus""#),
            (
                #"{"kind":"Workflow","spec":{"entryPoint":"a"}}"#,
                #"unknown field "spec.entryPoint" (did you mean "entrypoint"?)"#
            ),
            (
                #"{"kind":"Workflow","spec":{"templates":[{},{"container":{"imgae":"x"}}]}}"#,
                #"unknown field "spec.templates[1].container.imgae" (did you mean "image"?)"#
            ),
            (
                #"{"kind":"Workflow","spec":{"templates":[{"steps":[[{},{"whne":"x"}]]}]}}"#,
                #"unknown field "spec.templates[0].steps[0][1].whne" (did you mean "when"?)"#
            ),
            (
                #"{"kind":"CronWorkflow","#
                    + #""spec":{"workflowSpec":{"templates":[{"inputs":{"artifacts":[{"s3":{"buckt":"b"}}]}}]}}}"#,
                #"unknown field "spec.workflowSpec.templates[0].inputs.artifacts[0].s3.buckt" (did you mean "bucket"?)"#
            ),
            (
                #"{"kind":"Workflow","spec":{"volumes":[{"name":"a","emtyDir":{}}]}}"#,
                #"unknown field "spec.volumes[0].emtyDir" (did you mean "emptyDir"?)"#
            ),
        ])
    func refusesUnknownMembers(text: String, message: String) throws {
        #expect(try self.failure(text) == message)
        #expect(try self.failure(text, isStrict: false) == nil)
    }

    @Test(
        "a value of the wrong type is refused with its path, what it is and what it should be",
        arguments: [
            (#"{"kind":"Workflow","spec":[]}"#, "spec: expected object, found array"),
            (#"{"kind":"Workflow","metadata":{"name":12}}"#, "metadata.name: expected string, found number"),
            (#"{"kind":"Workflow","spec":{"parallelism":1.5}}"#, "spec.parallelism: expected integer, found number"),
            (#"{"kind":"Workflow","spec":{"suspend":"yes"}}"#, "spec.suspend: expected boolean, found string"),
            (
                #"{"kind":"Workflow","spec":{"templates":[{"retryStrategy":{"limit":true}}]}}"#,
                "spec.templates[0].retryStrategy.limit: expected 32-bit integer or string, found bool"
            ),
            (
                #"{"kind":"Workflow","metadata":{"creationTimestamp":"yesterday"}}"#,
                #"metadata.creationTimestamp: expected time such as "2026-01-31T23:59:59Z" (RFC 3339), found "#
                    + #""yesterday""#
            ),
            (
                #"{"kind":"Workflow","status":{"nodes":{"a":{"phase":"Dreaming"}}}}"#,
                #"status.nodes.a.phase: expected one of Pending, Running, Succeeded, Skipped, Failed, Error, "#
                    + #"Omitted, found "Dreaming""#
            ),
            (
                #"{"kind":"Workflow","spec":{"templates":[{"plugin":{"a":1,"b":2}}]}}"#,
                "spec.templates[0].plugin: expected exactly one key, found object with 2 members"
            ),
            ("[]", ": expected an object with apiVersion, kind and metadata, found array"),
            (#"{"kind":7}"#, "kind: expected string, found number"),
        ])
    func refusesWrongTypes(text: String, message: String) throws {
        #expect(try self.failure(text, isStrict: false) == message)
    }

    @Test("an explicit null counts as absent everywhere")
    func takesNulls() throws {
        let text =
            #"{"kind":"Workflow","metadata":{"name":null,"labels":null,"creationTimestamp":null},"#
            + #""spec":{"templates":[{"name":"a","#
            + #""inputs":null,"container":null,"steps":null,"daemon":null,"retryStrategy":{"limit":null}}],"#
            + #""arguments":null},"status":null}"#
        let manifest = try Manifest(try JSONValue.parse(text), isStrict: true)
        #expect(
            manifest.json(.compact).text
                == #"{"kind":"Workflow","spec":{"templates":[{"name":"a","retryStrategy":{}}]},"metadata":{}}"#)
    }

    @Test(
        "a parameter takes any scalar as its text",
        arguments: [
            ("1", "1"), ("1.50", "1.5"), ("1e3", "1000"), ("true", "true"), (#""x""#, "x"),
            ("12345678901234567890", "12345678901234567000"),
            ("9007199254740993", "9007199254740992"), ("0.000001", "0.000001"), ("-0.5", "-0.5"),
            ("1e22", "10000000000000000000000"),
            ("{}", ""), ("[1]", ""), (#""""#, ""),
        ])
    func anyString(json: String, text: String) throws {
        let parameter = try Parameter(
            json: try JSONValue.parse(#"{"name":"p","value":\#(json),"enum":[\#(json)]}"#), at: DecodingPlace())
        #expect(parameter.value == text)
        #expect(parameter.enumeration == [text])
    }

    @Test("templates hold templates to any depth")
    func recursion() throws {
        var text = #"{"name":"leaf"}"#
        for _ in 0..<50 { text = #"{"dag":{"tasks":[{"name":"t","inline":\#(text)}]}}"# }
        let template = try Template(json: try JSONValue.parse(text), at: DecodingPlace(isStrict: true))
        #expect(template.json(.compact) == (try JSONValue.parse(text)))
        #expect(template.dag?.tasks.first?.inline?.dag != nil)
    }

    @Test("a volume keeps its source as it was written")
    func volumeSource() throws {
        let json: JSONValue = ["name": "v", "emptyDir": ["medium": "Memory"]]
        let volume = try Volume(json: json, at: DecodingPlace(isStrict: true))
        #expect(volume.source?.name == "emptyDir")
        #expect(volume.source?.configuration == ["medium": "Memory"])
        #expect(volume.json(.argo) == json)
        #expect(Volume().source == nil)
    }

    @Test("an artifact's location is reached as on the wire")
    func artifactLocation() throws {
        var artifact = try Artifact(
            json: ["name": "a", "s3": ["key": "k", "bucket": "b"], "archive": ["none": [:]]],
            at: DecodingPlace(isStrict: true))
        #expect(artifact.s3?.key == "k")
        #expect(artifact.location.s3?.bucket.name == "b")
        #expect(artifact.archive?.none == EmptyObject())
        artifact.s3 = nil
        artifact.raw = RawArtifact(data: "x")
        #expect(artifact.json(.compact).text == #"{"name":"a","raw":{"data":"x"},"archive":{"none":{}}}"#)
    }

    @Test("a workflow of ten megabytes is read whole: a huge parameter, a loop over a hundred thousand items")
    func bigWorkflows() throws {
        let text = String(repeating: "a", count: 10_000_000)
        let items = Array(repeating: "7", count: 100_000).joined(separator: ",")
        let workflow = try Workflow(
            json: try JSONValue.parse(
                #"{"spec":{"arguments":{"parameters":[{"name":"p","value":"\#(text)"}]},"templates":[{"name":"main","#
                    + #""steps":[[{"name":"a","template":"b","withItems":[\#(items)]}]]}]}}"#), at: DecodingPlace())
        #expect(workflow.spec.arguments.parameters.first?.value == text)
        #expect(workflow.spec.templates.first?.steps.first?.first?.withItems.count == 100_000)
    }
}
