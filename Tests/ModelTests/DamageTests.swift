import JSON
import Model
import OrderedCollections
import TestSupport
import Testing
import YAML

@Suite("Damaged documents")
struct DamageTests {
    @Test("a document with a value swapped for another decodes or is refused, and a decoded one is stable")
    func survivesDamage() throws {
        let documents = try Corpus.argoExamples.files().flatMap { file in
            try YAMLDocuments.read(file.text, name: file.name, isStrict: false).filter { $0["kind"] != nil }
        }
        var refusals = 0
        for seed in Seeds.draw(1_500) {
            var random = SplitMix64(seed: seed)
            let damaged = random.pick(documents).damaged(using: &random)
            do throws(DecodingFailure) {
                let manifest = try Manifest(damaged, isStrict: false)
                let stored = manifest.json(.compact)
                #expect(try Manifest(stored, isStrict: false) == manifest, "SEED=\(seed)")
                _ = manifest.json(.argo)
            } catch {
                refusals += 1
                #expect(!error.description.isEmpty, "SEED=\(seed)")
            }
        }
        #expect(refusals > 0 || Seeds.draw(2).count == 1)
    }

    @Test("every public file is written as YAML and reads back the same")
    func yamlRoundTrips() throws {
        for corpus in Corpus.allCases {
            for file in try corpus.files() {
                let documents = try YAMLDocuments.read(file.text, name: file.name, isStrict: false)
                let text = YAMLWriter.text(forDocuments: documents)
                #expect(try YAMLDocuments.read(text, name: "written") == documents, "\(file.name)")
            }
        }
    }
}

extension JSONValue {
    /// The same document with one value, somewhere, put in another's place.
    fileprivate func damaged(using random: inout SplitMix64) -> JSONValue {
        switch self {
        case .object(var members) where !members.isEmpty && !random.once(in: 8):
            let index = random.below(members.count)
            let name = members.keys[index]
            members[name] = members.values[index].damaged(using: &random)
            return .object(members)
        case .array(var elements) where !elements.isEmpty && !random.once(in: 8):
            let index = random.below(elements.count)
            elements[index] = elements[index].damaged(using: &random)
            return .array(elements)
        case .null, .bool, .integer, .double, .string, .array, .object:
            return .random(depth: 2, using: &random)
        }
    }
}
