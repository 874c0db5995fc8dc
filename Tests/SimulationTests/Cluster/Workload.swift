import JSON
import Model
import YAML

/// The workflows of a simulation: what is submitted, and how each must end.
struct Workload: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        /// Whether it waits for a time of day.
        var hasTimers: Bool { self == .wait || self == .backoff }

        case steps, diamond, loop, flaky, fails, wait, hold, stop, terminate, retry, delete, suspend, backoff, mutex
    }

    struct Item: Sendable {
        var name: String
        var kind: Kind

        var uid: String { "uid-\(self.name)" }
        /// The phase that it must end with; `deleted` where it must be gone.
        var expected: String {
            switch self.kind {
            case .fails, .stop, .terminate: "Failed"
            case .delete: Item.deleted
            default: "Succeeded"
            }
        }

        static let deleted = "deleted"
    }

    /// The n-th workflow of a run.
    static func item(_ kind: Kind, _ number: Int) -> Item { Item(name: "\(kind.rawValue)-\(number)", kind: kind) }

    static func document(of item: Item) throws -> JSONValue {
        let text = """
            metadata:
              name: \(item.name)
              uid: \(item.uid)
            spec:
              entrypoint: main
            \(Self.spec(of: item.kind))
              - name: work
                container: {image: busybox, command: [work]}
              - name: make
                container: {image: busybox, command: [make]}
              - name: use
                inputs: {parameters: [{name: text}]}
                container: {image: busybox, command: [use], args: ["{{inputs.parameters.text}}"]}
              - name: flaky
                retryStrategy: {limit: "3"}
                container: {image: busybox, command: [flaky]}
              - name: patient
                retryStrategy: {limit: "3", backoff: {duration: "5s"}}
                container: {image: busybox, command: [flaky]}
              - name: fragile
                container: {image: busybox, command: [fragile]}
              - name: guarded
                synchronization: {mutexes: [{name: only-one}]}
                container: {image: busybox, command: [guarded]}
              - name: endless
                container: {image: busybox, command: [endless]}
              - name: fail
                container: {image: busybox, command: [fail]}
              - name: exit
                container: {image: busybox, command: [exit]}
            """
        guard let document = try YAMLDocuments.read(text, name: item.name, isStrict: true).first else { return .null }
        return document
    }

    private static func spec(of kind: Kind) -> String {
        switch kind {
        case .steps, .suspend:
            """
              templates:
              - name: main
                steps:
                - [{name: a, template: work}, {name: b, template: work}]
                - [{name: c, template: work}]
            """
        case .diamond:
            """
              templates:
              - name: main
                dag:
                  tasks:
                  - {name: a, template: make}
                  - {name: b, template: use, depends: a, arguments: \(Self.text)}
                  - {name: c, template: use, depends: a, arguments: \(Self.text)}
                  - {name: d, template: work, depends: b && c}
            """
        case .loop:
            """
              parallelism: 2
              templates:
              - name: main
                steps:
                - - {name: each, template: work, withItems: [1, 2, 3, 4]}
            """
        case .flaky:
            """
              templates:
              - name: main
                steps:
                - [{name: a, template: flaky}]
                - [{name: b, template: work}]
            """
        case .mutex:
            """
              templates:
              - name: main
                steps:
                - [{name: a, template: guarded}, {name: b, template: guarded}]
                - [{name: c, template: guarded}]
            """
        case .backoff:
            """
              templates:
              - name: main
                steps:
                - [{name: a, template: patient}, {name: b, template: patient}]
            """
        case .fails:
            """
              onExit: exit
              templates:
              - name: main
                steps:
                - [{name: a, template: fail}]
                - [{name: b, template: work}]
            """
        case .wait:
            """
              templates:
              - name: pause
                suspend: {duration: "8s"}
              - name: main
                steps:
                - [{name: a, template: work}]
                - [{name: b, template: pause}]
                - [{name: c, template: work}]
            """
        case .hold:
            """
              templates:
              - name: pause
                suspend: {}
              - name: main
                steps:
                - [{name: a, template: work}]
                - [{name: b, template: pause}]
                - [{name: c, template: work}]
            """
        case .stop, .terminate, .delete:
            """
              onExit: exit
              templates:
              - name: main
                steps:
                - [{name: a, template: endless}, {name: b, template: endless}]
            """
        case .retry:
            """
              templates:
              - name: main
                steps:
                - [{name: a, template: work}, {name: b, template: fragile}]
                - [{name: c, template: work}]
            """
        }
    }

    private static let text = "{parameters: [{name: text, value: \"{{tasks.a.outputs.result}}\"}]}"
}
