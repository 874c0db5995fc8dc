import JSON
import Model
import TestSupport
import Testing
import YAML

@testable import Validation

@Suite("Validation of public workflow files")
struct CorpusLintTests {
    /// What Argo refuses as well, and what Kubernetes refuses.
    ///
    /// Argo: an input that nothing supplies, and a reference that only a submitter fills in. Kubernetes: a label that
    /// ends with a dash, and a version that there is not.
    private static let refused: Set<String> = [
        "fun-with-gifs.yaml", "misc/global_config.yaml",
        "misc/suspend_input_duration.yaml", "upstream/workflow_of_workflows-w2.yaml",
        "upstream/workflow_of_workflows.yaml",
    ]

    @Test("every file that Argo accepts has no issues")
    func accepted() throws {
        var known = KnownTemplates()
        var manifests: [(name: String, manifest: Manifest)] = []
        // One corpus refers to the templates of another.
        for file in try Corpus.allCases.flatMap({ try $0.files() }) where !Self.refused.contains(file.name) {
            for document in try YAMLDocuments.read(file.text, name: file.name, isStrict: false)
            where document["kind"] != nil {
                let manifest = try Manifest(document, isStrict: false)
                known.add(manifest)
                manifests.append((file.name, manifest))
            }
        }
        let validator = WorkflowValidator(
            templates: known,
            isYAML: { text in
                do {
                    _ = try YAMLDocuments.read(text, name: "manifest", isStrict: false)
                    return true
                } catch {
                    return false
                }
            })
        #expect(!manifests.isEmpty)
        for (name, manifest) in manifests {
            let issues = validator.validate(manifest)
            #expect(issues.isEmpty, "\(name): \(issues.map(\.message))")
        }
    }
}
