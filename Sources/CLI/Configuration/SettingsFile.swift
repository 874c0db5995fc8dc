import JSON
import OrderedCollections
import YAML

/// Reads the file of a service: one YAML mapping, whose keys are those of `SettingTable`.
enum SettingsFile {
    /// What the file says to this role.
    ///
    /// A key of another role is passed over, so that one file may serve a whole cluster; one that nobody knows is an
    /// error.
    static func read(_ path: String, _ role: ServiceRole) throws(CommandFailure) -> [String: RoleSettings.Value] {
        let bytes = try Descriptor.readFile(path)
        let documents: [JSONValue]
        do {
            documents = try YAMLDocuments.read(bytes, name: path)
        } catch {
            throw CommandFailure("\(error)")
        }
        guard let document = documents.first else { return [:] }
        guard documents.count == 1, let members = document.objectValue else {
            throw CommandFailure("\(path): a configuration is one mapping of keys to values")
        }
        var values: [String: RoleSettings.Value] = [:]
        for (name, json) in members {
            let place = self.place(of: name, path, bytes)
            guard let setting = SettingTable.all.first(where: { $0.name == name }) else {
                let hint = RoleSettings.hint(name, SettingTable.all.map(\.name))
                throw CommandFailure("\(place): unknown key \"\(name)\"\(hint)")
            }
            guard let text = self.text(json) else {
                throw CommandFailure(
                    "\(place): \(name) is a value, a list of values, or a mapping of names to values")
            }
            if setting.roles.contains(role) {
                values[name] = RoleSettings.Value(text: text, origin: "\(place): \(name)")
            }
        }
        return values
    }

    private static func place(of key: String, _ path: String, _ bytes: [UInt8]) -> String {
        guard let mark = YAMLPlaces.mark(of: key, isKey: true, object: 0, in: bytes) else { return path }
        return "\(path):\(mark.line)"
    }

    /// A scalar as it stands; a list with commas; a mapping as `NAME=VALUE`.
    private static func text(_ json: JSONValue) -> String? {
        if let items = json.arrayValue {
            let words = items.compactMap { self.scalar($0) }
            return words.count == items.count ? words.joined(separator: ",") : nil
        }
        if let members = json.objectValue {
            let words = members.compactMap { name, value in self.scalar(value).map { "\(name)=\($0)" } }
            return words.count == members.count ? words.joined(separator: ",") : nil
        }
        return self.scalar(json)
    }

    private static func scalar(_ json: JSONValue) -> String? {
        if json.isNull || json.arrayValue != nil || json.objectValue != nil { return nil }
        return json.stringValue ?? json.text
    }
}
