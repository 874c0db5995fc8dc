import TestSupport
import Testing

@testable import Model

@Suite("NodeNames")
struct NodeNamesTests {
    @Test("the root's id is the workflow's name, every other id ends in the FNV-1a hash of the node's name")
    func identifiers() {
        #expect(NodeNames.id(of: "hello", workflow: "hello") == "hello")
        #expect(NodeNames.hash("") == 2_166_136_261)
        #expect(NodeNames.hash("a") == 0xe40c_292c)
        #expect(NodeNames.hash("foobar") == 0xbf9c_f968)
        #expect(NodeNames.id(of: "foobar", workflow: "hello") == "hello-3214735720")
    }

    @Test("a pod's name holds the workflow, the template and the hash, and never more than 253 characters")
    func podNames() {
        #expect(NodeNames.podName(of: "hello", template: "main", workflow: "hello") == "hello")
        #expect(NodeNames.podName(of: "foobar", template: "main", workflow: "hello") == "hello-main-3214735720")
        #expect(NodeNames.podName(of: "foobar", template: "", workflow: "hello") == "hello-3214735720")
        let long = String(repeating: "x", count: 300)
        let name = NodeNames.podName(of: "foobar", template: long, workflow: "hello")
        #expect(name.utf8.count == 253)
        #expect(name.hasSuffix("x-3214735720"))
    }

    @Test("a display name is what is left of the name without its boundary and separator")
    func displayNames() {
        #expect(NodeNames.displayName(of: "hello", boundary: nil) == "hello")
        #expect(NodeNames.displayName(of: "hello[0]", boundary: "hello") == "[0]")
        #expect(NodeNames.displayName(of: "hello[10].greet(0:a)", boundary: "hello") == "greet(0:a)")
        #expect(NodeNames.displayName(of: "hello.fetch(1)", boundary: "hello") == "fetch(1)")
        #expect(NodeNames.displayName(of: "hello(0)[1].x", boundary: "hello(0)") == "x")
        #expect(NodeNames.displayName(of: "hello.onExit", boundary: "other") == "hello.onExit")
        #expect(NodeNames.displayName(of: "hello(0)", boundary: "hello") == "(0)")
    }

    @Test("the names of children follow the node they belong to")
    func children() {
        #expect(NodeNames.child("a", of: NodeNames.stepGroup(2, of: "w")) == "w[2].a")
        #expect(NodeNames.attempt(3, of: "w.t") == "w.t(3)")
        #expect(NodeNames.exitHandler(of: "w.t") == "w.t.onExit")
        #expect(NodeNames.hook("running", of: "w") == "w.hooks.running")
        #expect(NodeNames.item(1, described: "pe(a)r", of: "w.t") == "w.t(1:pear)")
        #expect(NodeNames.description(ofMap: [("os", "debian"), ("arch", "arm")]) == "arch:arm,os:debian")
    }

    @Test("a generated name is the prefix and five characters of Kubernetes' alphabet, at most 63 in all")
    func generatedNames() {
        var random = SplitMix64(seed: 1)
        let name = GeneratedNames.name(prefix: "hello-", using: &random)
        #expect(name.hasPrefix("hello-"))
        #expect(name.dropFirst(6).count == 5)
        #expect(name.dropFirst(6).allSatisfy { "bcdfghjklmnpqrstvwxz2456789".contains($0) })
        #expect(GeneratedNames.name(prefix: String(repeating: "x", count: 80), using: &random).count == 63)
    }
}
