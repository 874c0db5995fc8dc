import JSON
import Model
import OrderedCollections
import Testing

@Suite("EncodingStyle.argo")
struct ArgoStyleTests {
    @Test("a workflow is answered word for word as Argo's server answers it")
    func workflow() throws {
        let text =
            #"{"metadata":{"name":"rec-1","namespace":"argo","uid":"39015323-bc31-4af0-bebd-4b16c82bf3a6","#
            + #""resourceVersion":"56455","#
            + #""generation":1,"creationTimestamp":"2026-11-23T02:46:06Z","#
            + #""labels":{"workflows.argoproj.io/creator":"admin"},"#
            + #""managedFields":[{"manager":"argo","fieldsV1":{"f:metadata":{"f:labels":{".":{}}}}}]},"#
            + #""spec":{"templates":[{"name":"m","inputs":{},"outputs":{},"metadata":{},"container":{"name":"","#
            + #""image":"busybox:1.36","#
            + #""command":["sh","-c"],"args":["echo hello; echo world; sleep 2"],"resources":{}}}],"#
            + #""entrypoint":"m","arguments":{}},"#
            + #""status":{"startedAt":null,"finishedAt":null}}"#
        let workflow = try Workflow(json: try JSONValue.parse(text), at: DecodingPlace(isStrict: true))
        #expect(workflow.json(.argo).text == text)
    }

    @Test("members stand in Go's order, whatever order they were read in")
    func order() throws {
        let json = try JSONValue.parse(
            #"{"spec":{"entrypoint":"a","templates":[{"container":{"image":"i"},"name":"a"}]},"#
                + #""metadata":{"name":"w"},"kind":"Workflow","apiVersion":"v"}"#
        )
        let workflow = try Workflow(json: json, at: DecodingPlace())
        #expect(
            workflow.json(.compact).text
                == #"{"kind":"Workflow","apiVersion":"v","metadata":{"name":"w"},"#
                + #""spec":{"templates":[{"name":"a","container":{"image":"i"}}],"entrypoint":"a"}}"#
        )
    }

    @Test("what Go never leaves out is written where it is empty")
    func neverLeftOut() throws {
        var cron = CronWorkflow()
        cron.metadata.name = "c"
        cron.spec.schedules = ["* * * * *"]
        #expect(
            cron.json(.argo).text
                == #"{"metadata":{"name":"c"},"spec":{"workflowSpec":{"arguments":{}},"schedules":["* * * * *"]},"#
                + #""status":{"active":null,"lastScheduledTime":null,"conditions":null,"succeeded":0,"failed":0,"#
                + #""phase":""}}"#
        )
        let node = NodeStatus(id: "n", name: "n", displayName: "n", type: .pod)
        #expect(
            node.json(.argo).text
                == #"{"id":"n","name":"n","displayName":"n","type":"Pod","phase":"Pending","startedAt":null,"#
                + #""finishedAt":null}"#
        )
        var template = Template()
        template.dag = DAGTemplate()
        #expect(
            template.json(.argo).text == #"{"inputs":{},"outputs":{},"metadata":{},"dag":{"tasks":null}}"#)
        #expect(Workflow().json(.compact).text == "{}")
    }

    @Test("maps stand in the order of their keys")
    func sortedMaps() {
        var metadata = ObjectMeta()
        metadata.labels = ["b": "1", "a": "2"]
        #expect(metadata.json(.argo).text == #"{"labels":{"a":"2","b":"1"}}"#)
        #expect(metadata.json(.compact).text == #"{"labels":{"b":"1","a":"2"}}"#)
    }

    @Test("what a file says although it is empty is kept for the file, and left out for clients")
    func writtenEmptyMembers() throws {
        let json = try JSONValue.parse(#"{"entrypoint":"","nodeSelector":{},"arguments":{},"volumes":[],"bogus":1}"#)
        let spec = try WorkflowSpec(json: json, at: DecodingPlace())
        #expect(spec.entrypoint == nil)
        let written = spec.json(.compact)
        for name in ["entrypoint", "nodeSelector", "arguments", "volumes", "bogus"] {
            #expect(written[name] == json[name])
        }
        #expect(spec.json(.argo).text == #"{"arguments":{},"bogus":1}"#)
    }
}
