import Foundation
import IntegrationSupport
import JSON
import OrderedCollections
import YAML

/// One black-box case: a workflow, what is done to it, and what must come of it.
struct ConformanceCase: Sendable {
    var name: String
    var features: [String]
    var requirements: [String]
    var setup: [JSONValue]
    var workflow: JSONValue?
    var actions: [JSONValue]
    var expect: JSONValue
    /// Its pods hand over files by paths that pods of other cases use too.
    var needsSandbox: Bool

    init(file: URL, fixture: String) throws {
        let text = try String(contentsOf: file, encoding: .utf8).replacingOccurrences(of: "$FIXTURE_URL", with: fixture)
        guard let document = try YAMLDocuments.read(text, name: file.lastPathComponent, lettersAreBooleans: false).first
        else {
            throw FixtureError("\(file.lastPathComponent) is empty")
        }
        self.needsSandbox = Self.namesFiles(text)
        self.name = file.deletingPathExtension().lastPathComponent
        self.features = document["feature"]?.strings ?? []
        self.requirements = document["requires"]?.strings ?? []
        self.setup = document["setup"]?.arrayValue ?? []
        self.workflow = document["workflow"].flatMap { $0.isNull ? Optional.none : $0 }
        self.actions = document["actions"]?.arrayValue ?? []
        self.expect = document["expect"] ?? [:]
    }

    /// Whether a manifest names files of its pods: without a sandbox, all pods of the machine share them.
    static func namesFiles(_ manifest: String) -> Bool { manifest.contains("path: ") }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Cases")

    /// The node trees that a real Argo gave.
    static let goldenFolder = folder.deletingLastPathComponent().appendingPathComponent("Golden")

    static func all(fixture: String) throws -> [ConformanceCase] {
        try FileManager.default.contentsOfDirectory(at: self.folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "yaml" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
            .map { try ConformanceCase(file: $0, fixture: fixture) }
    }

    /// What this version does not run, by the feature's name in the cases.
    ///
    /// Each is listed in `docs/compatibility.md`.
    static let unsupportedFeatures: Set<String> = [
        "memoize", "containerSet", "daemon", "sidecar", "initContainers", "http", "data",
    ]

    var isUnsupported: Bool { !Self.unsupportedFeatures.isDisjoint(with: self.features) }
}

extension JSONValue {
    var strings: [String] { self.arrayValue?.compactMap(\.stringValue) ?? [] }

    /// A scalar as the text that clients see: parameters are strings whatever the case file wrote.
    var scalarText: String? {
        switch self {
        case .string(let text): text
        case .integer(let number): String(number)
        case .double(let number): String(number)
        case .bool(let value): String(value)
        case .null, .array, .object: nil
        }
    }

    /// This document with a text replaced in every string and key.
    func replacing(_ text: String, with other: String) -> JSONValue {
        switch self {
        case .string(let string): .string(string.replacingOccurrences(of: text, with: other))
        case .array(let elements): .array(elements.map { $0.replacing(text, with: other) })
        case .object(let members):
            .object(
                JSONObject(
                    members.map { key, value in
                        (key.replacingOccurrences(of: text, with: other), value.replacing(text, with: other))
                    }, uniquingKeysWith: { _, last in last }))
        case .null, .bool, .integer, .double: self
        }
    }
}
