import JSON
import Model
import OrderedCollections
import TestSupport
import Testing
import YAML

@Suite("Model on public workflow files")
struct CorpusRoundTripTests {
    @Test(
        "every file decodes and is written back with nothing lost and nothing added",
        arguments: [(Corpus.argoExamples, 218), (.heraExamples, 1), (.kubeflowPipelines, 1)])
    func roundTrips(corpus: Corpus, leastCount: Int) throws {
        let files = try corpus.files()
        #expect(files.count >= leastCount)
        for file in files {
            let documents = try YAMLDocuments.read(file.text, name: file.name, isStrict: false)
            for (index, document) in documents.enumerated() where document["kind"] != nil {
                do {
                    let manifest = try Manifest(document, isStrict: false)
                    let difference = firstDifference(document, manifest.json(.compact))
                    #expect(difference == nil, "\(file.name), document \(index): \(difference ?? "")")
                    let stored = try JSONValue.parse(manifest.json(.compact).bytes)
                    #expect(try Manifest(stored, isStrict: false) == manifest, "\(file.name), document \(index)")
                } catch let failure as DecodingFailure {
                    Issue.record("\(file.name), document \(index): \(failure)")
                }
            }
        }
    }

    @Test("what Argo's server would send decodes to the same again")
    func argoStyleRoundTrips() throws {
        for file in try Corpus.argoExamples.files() {
            let documents = try YAMLDocuments.read(file.text, name: file.name, isStrict: false)
            for document in documents where document["kind"] != nil {
                let sent = try Manifest(document, isStrict: false).json(.argo)
                #expect(try Manifest(sent, isStrict: true).json(.argo) == sent, "\(file.name)")
            }
        }
    }

    @Test("strict decoding takes Argo's own examples")
    func strictDecoding() throws {
        // This one has a key twice, which Argo's lint refuses too.
        let refused = "k8s-patch-json-workflow.yaml"
        for file in try Corpus.argoExamples.files() where file.name != refused {
            for document in try YAMLDocuments.read(file.text, name: file.name) where document["kind"] != nil {
                do throws(DecodingFailure) {
                    _ = try Manifest(document, isStrict: true)
                } catch {
                    Issue.record("\(file.name): \(error)")
                }
            }
        }
    }
}

/// Where two documents differ.
///
/// A `null` may be lost, and a scalar may become its text.
private func firstDifference(_ input: JSONValue, _ output: JSONValue, at path: String = "") -> String? {
    switch (input, output) {
    case (.object(let left), .object(let right)):
        for name in left.keys.union(right.keys) {
            if right[name] == nil, left[name]?.isNull == true { continue }
            guard let before = left[name] else { return "\(path).\(name): was added" }
            guard let after = right[name] else { return "\(path).\(name): was lost" }
            let found = firstDifference(before, after, at: "\(path).\(name)")
            if let found { return found }
        }
        return nil
    case (.array(let left), .array(let right)) where left.count == right.count:
        for (index, pair) in zip(left, right).enumerated() {
            if let found = firstDifference(pair.0, pair.1, at: "\(path)[\(index)]") { return found }
        }
        return nil
    case (.integer, .string(let text)), (.double, .string(let text)), (.bool, .string(let text)):
        return input.anyText == text ? nil : "\(path): \(input.text) became \(output.text)"
    default: return input == output ? nil : "\(path): \(input.text) became \(output.text)"
    }
}
