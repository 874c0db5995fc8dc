import JSON
import Model
import OrderedCollections

@testable import Validation

/// Small specs, as JSON: what a test does not speak of is filled in.
enum Specs {
    /// A template that runs `true`.
    static func leaf(_ name: String, _ members: JSONValue = [:]) -> JSONValue {
        merged(["name": .string(name), "container": ["image": "busybox", "command": ["true"]]], members)
    }

    static func steps(_ name: String, _ steps: JSONValue..., members: JSONValue = [:]) -> JSONValue {
        merged(["name": .string(name), "steps": .array(steps.map { .array([$0]) })], members)
    }

    static func dag(_ name: String, _ tasks: JSONValue..., members: JSONValue = [:]) -> JSONValue {
        merged(["name": .string(name), "dag": ["tasks": .array(tasks)]], members)
    }

    /// A step or task that calls the template `ok`.
    static func call(_ name: String, _ members: JSONValue = [:]) -> JSONValue {
        merged(["name": .string(name), "template": "ok"], members)
    }

    static func workflow(_ templates: JSONValue..., spec members: JSONValue = [:]) throws -> Workflow {
        let spec = merged(["entrypoint": "main", "templates": .array(templates + [leaf("ok")])], members)
        return try Workflow(json: ["metadata": ["generateName": "case-"], "spec": spec], at: DecodingPlace())
    }

    static func template(_ name: String, _ templates: JSONValue..., spec members: JSONValue = [:]) throws
        -> WorkflowTemplate
    {
        let spec = merged(["templates": .array(templates)], members)
        return try WorkflowTemplate(json: ["metadata": ["name": .string(name)], "spec": spec], at: DecodingPlace())
    }

    /// The first issue of a workflow, or `nil`.
    static func issue(
        _ templates: JSONValue..., spec members: JSONValue = [:], purpose: WorkflowValidator.Purpose = .create,
        known: KnownTemplates = KnownTemplates()
    ) throws -> String? {
        let spec = merged(["entrypoint": "main", "templates": .array(templates + [leaf("ok")])], members)
        let workflow = try Workflow(json: ["metadata": ["generateName": "case-"], "spec": spec], at: DecodingPlace())
        return WorkflowValidator(templates: known, purpose: purpose).validate(workflow).first?.message
    }

    static func merged(_ base: JSONValue, _ members: JSONValue) -> JSONValue {
        var object = base.objectValue ?? [:]
        for (name, value) in members.objectValue ?? [:] { object[name] = value.isNull ? nil : value }
        return .object(object)
    }
}
