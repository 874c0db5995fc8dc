package import Model
package import OrderedCollections

/// The environment of a pod's command.
///
/// Nothing of the runner's own environment but a short list reaches a pod, as nothing of a host's reaches a container.
package struct ContainerEnvironment: Sendable {
    package private(set) var variables: OrderedDictionary<String, String> = [:]

    /// - Parameters:
    ///   - launch: the pod.
    ///   - inherited: variables of the runner that every pod has.
    ///   - home: the value of `HOME`.
    ///   - hostName: the machine's name, for `spec.nodeName`.
    /// - Throws: `RunnerError` naming a variable whose value cannot be had here.
    package init(_ launch: PodLaunch, inherited: [(String, String)], home: String, hostName: String) throws(RunnerError)
    {
        for (name, value) in inherited { self.variables[name] = value }
        if self.variables["PATH"] == nil { self.variables["PATH"] = defaultPath }
        self.variables["HOME"] = home
        self.variables["HOSTNAME"] = launch.podName
        self.variables["ARGO_CONTAINER_NAME"] = launch.containerName
        self.variables["ARGO_POD_NAME"] = launch.podName
        self.variables["ARGO_NODE_ID"] = launch.identity.nodeID
        self.variables["ARGO_WORKFLOW_NAME"] = launch.workflowName
        self.variables["ARGO_WORKFLOW_UID"] = launch.identity.workflowUID
        self.variables["ARGO_TERMINATION_GRACE_PERIOD_SECONDS"] = "\(launch.gracePeriodSeconds)"
        if let trace = TraceContext(annotations: launch.annotations) {
            self.variables["TRACEPARENT"] = trace.traceparent
        }
        if launch.wantsResult { self.variables["ARGO_INCLUDE_SCRIPT_OUTPUT"] = "true" }
        for source in launch.container.envFrom {
            guard source.configMapRef?.optional != true && source.secretRef?.optional != true else { continue }
            let name = source.configMapRef?.name ?? source.secretRef?.name ?? ""
            throw RunnerError(
                .invalid, "envFrom \"\(name)\": config maps and secrets cannot be read here: list the variables in env")
        }
        for variable in launch.container.env {
            guard let value = try Self.value(of: variable, launch, hostName: hostName) else { continue }
            self.variables[variable.name] = self.expand(value)
        }
    }

    private static func value(
        of variable: EnvVar, _ launch: PodLaunch, hostName: String
    ) throws(RunnerError) -> String? {
        guard let source = variable.valueFrom else { return variable.value ?? "" }
        if let field = source.fieldRef?.fieldPath {
            if let value = Self.field(field, of: launch, hostName: hostName) { return value }
            throw RunnerError(
                .invalid,
                "env \"\(variable.name)\": fieldRef \"\(field)\" is not known here: use metadata.name, "
                    + "metadata.namespace, metadata.labels['…'], metadata.annotations['…'] or spec.nodeName")
        }
        if let reference = source.resourceFieldRef {
            let parts = reference.resource.split(separator: ".", maxSplits: 1).map(String.init)
            let amounts =
                parts.first == "requests" ? launch.container.resources.requests : launch.container.resources.limits
            if parts.count == 2, let amount = amounts[parts[1]]?.value {
                let share = amount / (reference.divisor?.value ?? 1)
                return "\(Int(clamped: share.rounded(.up)))"
            }
            throw RunnerError(.invalid, "env \"\(variable.name)\": the container sets no \(reference.resource)")
        }
        let optional = source.configMapKeyRef?.optional ?? source.secretKeyRef?.optional ?? false
        if optional { return nil }
        let kind = source.secretKeyRef != nil ? "secretKeyRef" : "configMapKeyRef"
        throw RunnerError(.invalid, "env \"\(variable.name)\": valueFrom.\(kind) cannot be read here: give a value")
    }

    private static func field(_ path: String, of launch: PodLaunch, hostName: String) -> String? {
        switch path {
        case "metadata.name": return launch.podName
        case "metadata.namespace": return launch.namespace
        case "metadata.uid": return "\(launch.identity.nodeID).\(launch.identity.attempt)"
        case "spec.nodeName": return hostName
        case "spec.serviceAccountName": return "default"
        case "status.podIP", "status.hostIP": return "127.0.0.1"
        default: break
        }
        for (prefix, map) in [("metadata.labels['", launch.labels), ("metadata.annotations['", launch.annotations)] {
            guard path.hasPrefix(prefix), path.hasSuffix("']") else { continue }
            return map[String(path.dropFirst(prefix.count).dropLast(2))] ?? ""
        }
        return nil
    }

    /// Replaces `$(NAME)` by the variable's value; `$$` stands for one `$`.
    ///
    /// Unknown names are left as they are.
    package func expand(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            let after = rest[rest.index(after: dollar)...]
            if after.first == "$" {
                result += "$"
                rest = after.dropFirst()
            } else if after.first == "(", let end = after.firstIndex(of: ")") {
                let name = after[after.index(after: after.startIndex)..<end]
                result += self.variables[String(name)] ?? "$(\(name))"
                rest = after[after.index(after: end)...]
            } else {
                result += "$"
                rest = after
            }
        }
        return result + rest
    }
}

extension PodLaunch {
    /// The main container's name: `main` where the launch does not say.
    var containerName: String { self.container.name.isEmpty ? "main" : self.container.name }
}

private let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
