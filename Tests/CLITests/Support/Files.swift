import Foundation

/// A directory of files that goes when it is no longer needed.
final class Files {
    let path: String

    init(_ files: [String: String]) throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)")
        self.path = url.path
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        for (name, text) in files { try text.write(toFile: "\(self.path)/\(name)", atomically: true, encoding: .utf8) }
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: self.path)
        } catch {
            assertionFailure("\(self.path) was not removed: \(error)")
        }
    }

    func callAsFunction(_ name: String) -> String { "\(self.path)/\(name)" }
}

enum Samples {
    static let workflow = """
        apiVersion: argoproj.io/v1alpha1
        kind: Workflow
        metadata: {name: cli-1, labels: {team: a}}
        spec:
          entrypoint: main
          arguments: {parameters: [{name: who, value: world}, {name: other, value: "1"}]}
          templates:
          - name: main
            container: {image: busybox, command: [echo, "{{workflow.parameters.who}}"]}

        """

    static let bad = workflow.replacing("entrypoint: main", with: "entrypoint: nope")
    static let unknown = workflow.replacing("spec:", with: "spec:\n  bogus: 1")

    static let template = """
        apiVersion: argoproj.io/v1alpha1
        kind: WorkflowTemplate
        metadata: {name: shared}
        spec:
          templates:
          - name: hello
            container: {image: busybox, command: [echo, hi]}

        """

    static let user = """
        apiVersion: argoproj.io/v1alpha1
        kind: Workflow
        metadata: {generateName: uses-}
        spec:
          entrypoint: main
          templates:
          - name: main
            steps: [[{name: a, templateRef: {name: shared, template: hello}}]]

        """
}
