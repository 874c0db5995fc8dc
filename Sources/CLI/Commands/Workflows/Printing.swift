import ArgumentParser
import JSON
import Model

/// Which nodes a workflow's tree shows.
struct NodeFilterOptions: ParsableArguments {
    @Option(
        name: .long, parsing: .unconditional,
        help: "Show only nodes of this phase: Pending, Running, Succeeded, Skipped, Failed or Error.")
    var status: String?

    @Option(
        name: .long, parsing: .unconditional, help: "Show only nodes that match, for example phase=Failed.")
    var nodeFieldSelector: String?

    func selector() throws(CommandFailure) -> FieldSelector? {
        if self.status != nil && self.nodeFieldSelector != nil {
            throw CommandFailure("cannot use both --status and --node-field-selector")
        }
        guard let text = self.status.map({ "phase=\($0)" }) ?? self.nodeFieldSelector else { return nil }
        return try checkedSelector(text, failure: "selector is invalid: ")
    }
}

/// Reads a field selector; `failure` stands before the reason where it cannot be read.
func checkedSelector(_ text: String, failure: String) throws(CommandFailure) -> FieldSelector {
    do throws(OperationError) {
        return try FieldSelector(text)
    } catch {
        throw CommandFailure("\(failure)\(error)")
    }
}

/// Prints a workflow in one of the output formats.
struct WorkflowPrinter {
    var console: Console
    var format: OutputFormat?
    var style: TextStyle
    var selector: FieldSelector?

    init(_ console: Console, format: OutputFormat?, style: TextStyle? = nil, selector: FieldSelector? = nil) {
        self.console = console
        self.format = format
        self.style = style ?? console.style()
        self.selector = selector
    }

    func print(_ document: WorkflowDocument) {
        switch self.format {
        case .name:
            // What is not stored yet may have no more than the prefix of its name.
            self.console.line(document.name.isEmpty ? document.workflow.metadata.generateName ?? "" : document.name)
        case .json: self.console.line(DocumentText.json(document.json))
        case .yaml: self.console.write(DocumentText.yaml(document.json))
        case .short, .wide, nil: self.console.write(self.text(document.workflow))
        }
    }

    func text(_ workflow: Workflow) -> String {
        var text = WorkflowText(style: self.style, now: self.console.now())
        text.selector = self.selector
        text.columns =
            switch self.format {
            case .wide: .wide
            case .short: .short
            case .name, .json, .yaml, nil: .standard
            }
        return text.text(workflow)
    }
}
