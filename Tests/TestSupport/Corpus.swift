import Foundation

/// Public workflow files that lie in `Tests/Corpus`.
package enum Corpus: String, CaseIterable, Sendable {
    case argoExamples = "argo-examples"
    case heraExamples = "hera-examples"
    case kubeflowPipelines = "kfp1"

    package struct File: Sendable {
        /// The path below the corpus's folder.
        package var name: String
        package var text: String
    }

    /// Every YAML and JSON file, in the order of their names.
    package func files() throws -> [File] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Corpus").appending(path: self.rawValue)
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        return try names.sorted().filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") || $0.hasSuffix(".json") }
            .map {
                File(name: $0, text: String(decoding: try Data(contentsOf: folder.appending(path: $0)), as: UTF8.self))
            }
    }
}
