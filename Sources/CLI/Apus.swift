import ArgumentParser

/// The root of the command line.
struct Apus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apus", abstract: "apus runs Argo workflow files, with no Kubernetes needed to start",
        discussion: """
            Run a file in this process:     apus run my-workflow.yaml
            Run a server and submit to it:  apus server &
                                            apus submit --watch my-workflow.yaml

            The commands that talk with a server take the flags and ARGO_* variables of the argo command: ARGO_SERVER, \
            ARGO_TOKEN, ARGO_NAMESPACE, ARGO_SECURE, ARGO_INSECURE_SKIP_VERIFY, ARGO_BASE_HREF, ARGO_INSTANCEID. Flags \
            that say how to reach Kubernetes (--as, --as-group, --as-uid, --cluster, --context, --disable-compression, \
            --gloglevel, --kubeconfig, --server, --tls-server-name, --user) are taken with a warning, and have no \
            effect.

            The exit code is 0 where all went well, 1 where the input was wrong and 130 where it was interrupted. run, \
            wait and --wait end with 1 where a workflow failed; watch, --watch and --log show it and end with 0.
            """,
        version: "apus: v\(Version.current)",
        groupedSubcommands: [
            CommandGroup(
                name: "Without a server",
                subcommands: [ServerCommand.self, RunCommand.self, DoctorCommand.self, PKICommand.self]),
            CommandGroup(
                name: "Services of a cluster",
                subcommands: [SchedulerCommand.self, RunnerCommand.self, GatewayCommand.self, ClusterCommand.self]),
            CommandGroup(
                name: "Workflows",
                subcommands: [
                    SubmitCommand.self, ListCommand.self, GetCommand.self, LogsCommand.self, WatchCommand.self,
                    WaitCommand.self, DeleteCommand.self, CopyCommand.self,
                ]),
            CommandGroup(
                name: "Changes to workflows",
                subcommands: [
                    SuspendCommand.self, ResumeCommand.self, StopCommand.self, TerminateCommand.self,
                    RetryCommand.self, ResubmitCommand.self, NodeCommand.self,
                ]),
            CommandGroup(
                name: "Stored objects",
                subcommands: [
                    ApplyCommand.self, LintCommand.self, ConvertCommand.self, TemplateCommand<NamespacedTemplates>.self,
                    TemplateCommand<ClusterTemplates>.self, CronCommand.self, ArchiveCommand.self,
                ]),
            CommandGroup(
                name: "More", subcommands: [AuthCommand.self, CompletionCommand.self, VersionCommand.self]),
        ])
}
