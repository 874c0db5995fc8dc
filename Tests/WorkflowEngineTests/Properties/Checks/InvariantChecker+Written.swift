import JSON
import Model
import OrderedCollections
import WorkflowEngine

// What the workflow's author wrote for a node.
extension InvariantChecker {
    /// A steps or DAG node, with its template.
    struct Frame {
        let row: NodeRow
        let written: WrittenTemplate

        var name: String { self.row.status.name }
    }

    func row(named name: String) -> NodeRow? { self.ids[name].flatMap { self.rows[$0] } }

    /// The steps or DAG node around a node.
    func frame(around row: NodeRow) -> Frame? {
        guard let boundary = row.status.boundaryID.flatMap({ self.rows[$0] }) else { return nil }
        return self.frame(boundary)
    }

    func frame(_ row: NodeRow) -> Frame? { self.template(of: row).map { Frame(row: row, written: $0) } }

    func template(of row: NodeRow) -> WrittenTemplate? {
        if let name = row.status.templateName { return self.templates[name] }
        return self.site(of: row)?.site.inline
    }

    /// The step or task that a node belongs to, as itself, as an item, an attempt or a hook.
    func site(of row: NodeRow) -> (frame: Frame, place: NodePlace, site: WrittenTemplate.Site)? {
        guard let frame = self.frame(around: row), let place = NodePlace(of: row.status.name, in: frame.name),
            let site = frame.written.sites[place.site]
        else { return nil }
        return (frame, place, site)
    }

    /// The node of a step or task as a whole: the task group, where a task repeats.
    func node(of site: WrittenTemplate.Site, in frame: Frame) -> NodeRow? {
        let group = site.group.map { "[\($0)]" } ?? ""
        return self.row(named: "\(frame.name)\(group).\(site.step.name)")
    }

    /// The nodes of a loop's items, in the order of the items.
    func items(of site: WrittenTemplate.Site, in frame: Frame) -> [NodeRow] {
        let nodes = (self.members[frame.row.status.id] ?? []).compactMap { id -> (Int, NodeRow)? in
            guard let row = self.rows[id], let place = NodePlace(of: row.status.name, in: frame.name), place.isOwn,
                place.site == site.step.name, let item = place.item
            else { return nil }
            return (item, row)
        }
        // A loop that does not run has no items, whatever was brought along for it.
        if self.node(of: site, in: frame)?.status.type == .skipped { return [] }
        // Where one was brought along for another item, that of now counts.
        let own = Set(nodes.filter { !self.excused.contains($0.1.status.id) }.map(\.0))
        return nodes.filter { !self.excused.contains($0.1.status.id) || !own.contains($0.0) }
            .sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// A retried node speaks by its last attempt.
    func speaker(for row: NodeRow) -> NodeStatus {
        guard row.status.type == .retry else { return row.status }
        let attempts = row.status.children.compactMap { self.rows[$0] }.filter {
            $0.status.nodeFlag?.retried == true && $0.status.nodeFlag?.hooked != true
                || $0.status.name.hasPrefix("\(row.status.name)(")
        }
        return attempts.last?.status ?? row.status
    }
}
