import JSON
package import Model

extension PodIdentity: ListedMessage {
    package static let schema = MessageSchema("apus.v1.PodIdentity")
    package static let listSchema = MessageSchema("apus.v1.PodIdentities")

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("workflow_uid", &self.workflowUID)
        try coder.field("node_id", &self.nodeID)
        try coder.field("attempt", &self.attempt)
    }
}

extension PodLaunch: ListedMessage {
    package static let schema = MessageSchema("apus.v1.PodLaunch")
    package static let listSchema = MessageSchema("apus.v1.PodLaunches")

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("identity", &self.identity)
        try coder.field("namespace", &self.namespace)
        try coder.field("workflow_name", &self.workflowName)
        try coder.field("pod_name", &self.podName)
        try coder.field("node_name", &self.nodeName)
        try coder.field("template_name", &self.templateName)
        try coder.object("container", &self.container)
        try coder.text("source", &self.source)
        try coder.objects("input_artifacts", &self.inputArtifacts)
        try coder.objects("output_artifacts", &self.outputArtifacts)
        try coder.field("output_parameters", &self.outputParameters)
        try coder.objects("volumes", &self.volumes)
        try coder.field("wants_result", &self.wantsResult)
        try coder.field("log_key", &self.logKey)
        try coder.field("deadline", &self.deadline)
        try coder.field("grace_period_seconds", &self.gracePeriodSeconds)
        try coder.map("labels", &self.labels)
        try coder.map("annotations", &self.annotations)
        try coder.map("node_selector", &self.nodeSelector)
        try coder.object("pod_security_context", &self.podSecurityContext)
        try coder.field("cluster_fields", &self.clusterFields)
        try coder.field("fence", &self.fence)
        try coder.map("artifact_runners", &self.artifactRunners)
    }
}

extension LaunchFence: MessageFields {
    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("shard", &self.shard)
        try coder.field("epoch", &self.epoch)
        try coder.field("number", &self.number)
    }
}

extension ParameterOutput: MessageFields {
    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("name", &self.name)
        try coder.field("path", &self.path)
        try coder.text("default_value", &self.defaultValue)
    }
}

extension PodReport: ListedMessage {
    package static let schema = MessageSchema("apus.v1.PodReport")
    package static let listSchema = MessageSchema("apus.v1.PodReports")

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("identity", &self.identity)
        try coder.field("workflow", &self.workflow)
        try coder.field("namespace", &self.namespace)
        try coder.field("phase", &self.phase)
        try coder.text("message", &self.message)
        try coder.field("started_at", &self.startedAt)
        try coder.field("finished_at", &self.finishedAt)
        try coder.field("exit_code", &self.exitCode)
        try coder.object("outputs", &self.outputs)
        try coder.field("progress", &self.progress)
        try coder.field("host_node_name", &self.hostNodeName)
        try coder.field("pod_ip", &self.podIP)
        try coder.map("resources_duration", &self.resourcesDuration)
        try coder.texts("warnings", &self.warnings)
        try coder.texts("ignored_fields", &self.ignoredFields)
    }
}
