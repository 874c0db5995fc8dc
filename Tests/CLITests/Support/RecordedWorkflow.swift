/// The workflow whose `get` was recorded from a real Argo.
enum RecordedWorkflow {
    static let json = """
        {"metadata":{"name":"cli-1","namespace":"argo","uid":"39015323-bc31-4af0-bebd-4b16c82bf3a6",\
        "resourceVersion":"7","creationTimestamp":"2026-11-23T02:48:31Z","labels":{"team":"a",\
        "workflows.argoproj.io/completed":"true","workflows.argoproj.io/phase":"Succeeded"},\
        "annotations":{"workflows.argoproj.io/pod-name-format":"v2"}},\
        "spec":{"entrypoint":"main","arguments":{"parameters":[{"name":"who","value":"world"}]},"templates":[]},\
        "status":{"phase":"Succeeded","startedAt":"2026-11-23T02:48:31Z","finishedAt":"2026-11-23T02:49:17Z",\
        "progress":"3/5","conditions":[{"type":"PodRunning","status":"False"},{"type":"Completed","status":"True"}],\
        "resourcesDuration":{"cpu":0,"memory":7},"nodes":{\
        \(node("cli-1", "cli-1", "cli-1", "Steps", "Succeeded", template: "main", start: 31,
            memory: 7, boundary: "")),\
        \(node("cli-1-1", "cli-1[0]", "[0]", "StepGroup", "Succeeded", start: 31, children: ["cli-1-2"])),\
        \(node("cli-1-2", "cli-1[0].one", "one", "Pod", "Succeeded", template: "say", start: 31, end: 37)),\
        \(node("cli-1-3", "cli-1[1]", "[1]", "StepGroup", "Succeeded", start: 41,
            children: ["cli-1-6", "cli-1-4", "cli-1-5"])),\
        \(node("cli-1-5", "cli-1[1].two(1:true)", "two(1:true)", "Pod", "Succeeded", template: "say", start: 41, end: 46,
            memory: 2)),\
        \(node("cli-1-6", "cli-1[1].two(0:x)", "two(0:x)", "Pod", "Succeeded", template: "say", start: 41, end: 45,
            memory: 1)),\
        \(node("cli-1-4", "cli-1[1].skipme", "skipme", "Skipped", "Skipped", template: "say", start: 41, end: 41,
            resources: "\"memory\":4,\"cpu\":0", message: "when '1 == 2' evaluated false")),\
        \(node("cli-1-7", "cli-1[2]", "[2]", "StepGroup", "Failed", start: 51, children: ["cli-1-8"])),\
        \(node("cli-1-8", "cli-1[2].bad", "bad", "Retry", "Failed", template: "fail", start: 51, memory: 4,
            message: "No more retries left", children: ["cli-1-9", "cli-1-10"])),\
        \(node("cli-1-9", "cli-1[2].bad(0)", "bad(0)", "Pod", "Failed", template: "fail", start: 51, end: 56,
            memory: 2, message: "main: Error (exit code 3)")),\
        \(node("cli-1-10", "cli-1[2].bad(1)", "bad(1)", "Pod", "Failed", template: "fail", start: 59, end: 65,
            memory: 2, message: "main: Error (exit code 3)"))\
        }}}
        """

    private static func node(
        _ id: String, _ name: String, _ displayName: String, _ type: String, _ phase: String, template: String = "",
        start: Int, end: Int? = nil, memory: Int = 0, resources: String? = nil, boundary: String = "cli-1",
        message: String = "",
        children: [String] = []
    ) -> String {
        let host = type == "Pod" ? ",\"hostNodeName\":\"vm\"" : ""
        let list = children.map { "\"\($0)\"" }.joined(separator: ",")
        return """
            "\(id)":{"id":"\(id)","name":"\(name)","displayName":"\(displayName)","type":"\(type)","phase":"\(phase)",\
            "templateName":"\(template)","boundaryID":"\(boundary)","message":"\(message)","startedAt":"\(time(start))",\
            "finishedAt":"\(time(end ?? 77))","resourcesDuration":{\(resources ?? "\"cpu\":0,\"memory\":\(memory)")},\
            "children":[\(list)]\(host)}
            """
    }

    /// A moment, in seconds after 02:48.
    private static func time(_ seconds: Int) -> String {
        let second = seconds % 60 < 10 ? "0\(seconds % 60)" : "\(seconds % 60)"
        return "2026-11-23T02:\(48 + seconds / 60):\(second)Z"
    }
}
