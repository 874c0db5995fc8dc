/// Where our answers differ from the recorded ones, and why.
///
/// A difference that is not listed here fails a test.
enum KnownDifferences {
    /// Recorded node trees of public files, by file name.
    static let files: [String: String] = [
        "parameter-aggregation-script.yaml":
            "`set -x` writes to standard error: which of two streams comes first differs",
        "parameter-aggregation.yaml": "`set -x` of this machine's shell quotes otherwise than the image's",
        "artifact_disable_archive.yaml": "prints the files of the image, of which this machine has others",
        "node_selector.yaml": "prints the version of the kernel",
    ]

    /// Files that seldom give the same nodes twice.
    static let shapedByChance: Set<String> = [
        "coinflip-recursive.yaml", "retry-container.yaml", "template_defaults.yaml", "dynamic_fanout.yaml",
        "withsequence_nested_result.yaml",
    ]

    /// Recorded node trees of conformance cases, by case name.
    static let cases: [String: String] = [
        "030-suspend-output-supplied": "the node's message names who resumed it; our requests have no users yet",
        "113-suspend-resume": "the node's message names who resumed it; our requests have no users yet",
        "090-step-running-hook": "Argo's ten-second look misses the hook; ours always runs",
        "091-wf-hooks-exit-and-running": "Argo's ten-second look misses the hook; ours always runs",
        "104-retry-backoff-maxduration": "our pods start at once, so one more attempt fits into the time",
    ]

    static let onPurpose = [
        "The `progress` of a group, a DAG or a nested workflow counts the pods in it; Argo counts those that come "
            + "after it as well.",
        "`lint` answers 400 where Argo's server answers 500; a missing artifact 404 where Argo's answers 500.",
        "An unknown field is answered with the nearest known name; a malformed expression "
            + "or JSON body with its line and column.",
        "The server takes unknown fields, as Argo's does; the commands refuse them unless `--strict=false` is "
            + "given. Argo's server drops them, ours keeps them and sends them back.",
        "Namespaces, labels and keys of annotations that Kubernetes would refuse are refused when an object is "
            + "stored, by the server itself and for every kind.",
        "An event wakes a workflow at once; Argo looks again every ten seconds. Hooks on short steps therefore "
            + "always run.",
        "There is no limit on the size of a workflow's status, and none on the number of templates or DAG "
            + "tasks. What is sent has one: 100 MiB for a request, 64 MiB for a new workflow, 1 GiB for an answer, "
            + "10 MiB for a file that a command reads; it is named where it is exceeded, and nothing is stored.",
        "A reference to an output of another step that will never be there is an error at once; Argo asks again "
            + "for ever.",
        "With a backoff and no limit, a retried step waits; Argo starts it at once.",
        "`cronworkflow.annotations` in expressions holds the annotations; Argo fills it from the labels.",
        "`when` of a cron workflow takes bare words for texts, as that of a step does.",
        "`depends` refuses tasks whose names differ by `-` and `_` alone; Argo mixes them up.",
        "Expressions have limits on nesting, steps and memory; functions of sprig for secrets, certificates and "
            + "host names are errors.",
        "Requests with a foreign `Origin`, or on loopback a foreign `Host`, are answered with 403: a web page "
            + "must not run commands here.",
        "A refused stream carries `code` and `message` at the top, which Hera needs; times that are not there "
            + "are left out for the generated OpenAPI clients, which refuse nulls.",
        "Suspending, stopping or terminating a completed workflow is a failed precondition (400); Argo answers "
            + "400 and 500.",
        "A retry lets suspend nodes that failed ask again; Argo leaves them failed, and so the workflow fails "
            + "again at once.",
        "A retry goes on with the last attempt at a retried template alone, and an attempt that "
            + "`--node-field-selector` names stands for the node that is retried; Argo does all attempts again that "
            + "failed, and nothing where one that succeeded is named. A node with several parents belongs to the same"
            + " one at each retry. Pods of a retried workflow are new attempts, counted in the annotation "
            + "`workflows.apus.dev/retries`, which nobody else can set.",
        "`resubmit --memoized` leaves out hooks and exit handlers of steps and tasks too, keeps attempts that later "
            + "ones have replaced as they were, and ends as omitted what is not called any more; Argo brings along all "
            + "but the workflow's exit handler, and leaves them pending.",
        "A workflow that a client creates begins with nothing observed: a status and a uid in it are left out. Argo "
            + "keeps the status, so that one that was exported while it ran fails with `pod deleted`, and one that had "
            + "ended never runs.",
        "Times end with the year 2261 and spans after 292 years: what is later never comes. A progress beyond 2^40 is "
            + "passed over.",
        "`logs` of a workflow or a pod that does not exist says so. `wait` on such a workflow too.",
        "`server` speaks TLS with `--secure` alone; clients speak it without `-e` or `ARGO_SECURE` to other "
            + "machines alone.",
        "Artifacts of the process backend lie in the data folder, and appear in `status` as key-only `s3` artifacts.",
        "Progress of steps and DAGs counts the pods below them.",
        "A `when` that can never be read is refused at submission, as are other malformed expressions; Argo "
            + "finds it when the step is due. Tags in it may stand for anything.",
        "`lint` names a kind of Argo's API group that it does not know; Argo passes over it.",
        "`cron backfill` makes the workflows itself, one after the other; Argo has a workflow make them in Kubernetes.",
        "`lint` judges metadata as storing does, warns of an object without a name, and knows event bindings; "
            + "Argo's passes over all of it. An `apiVersion` that the kind does not have is refused; Argo ignores it.",
        "Several locks are taken one after the other, in the order of their names; Argo takes all or none. Whoever "
            + "is first in the queue is served; Argo lets nodes of the first one's workflow go before it.",
        "Limits to the workflows that run at once are `--parallelism` and `--namespace-parallelism`; the limit "
            + "of a single namespace has no label of its own.",
        "A parameter of the workflow that a config map says has the same value until the workflow ends, and it is "
            + "stored in the spec; Argo reads the config map each time that it looks at the workflow.",
        "Uids are UUIDs of version 7, so that `@latest` tells workflows of one second apart.",
    ]

    /// What one might take for a fault.
    static let likeArgo = [
        "Texts that must be spans, numbers or lists are read when they are due: `timeout: soon` (a bare number is "
            + "refused at once), `suspend.duration: soon`, `withSequence.count: lots` and `withParam: '[1,'` pass "
            + "`lint` and give an error when the workflow runs.",
        "`submit` stores the objects of its files one after the other: where the server refuses one, those before it "
            + "are stored. So does `apply`. What is malformed or unknown is found before the first is sent.",
    ]

    static let notYet = [
        "Template types http, resource, data, containerSet and plugin; daemon containers, sidecars and init "
            + "containers: each gives one Error node that names the feature.",
        "Locks in a database (`synchronization` with `database`), memoization, custom metrics, estimated durations, "
            + "`annotations` that rename a node.",
        "Artifact locations other than `raw` and the server's own repository; files inside artifacts; uploads.",
        "Images: the process backend runs commands of this machine. Volumes other than `emptyDir`; values of "
            + "secrets and config maps in `env`; progress files.",
        "Scheduling and hardening of pods: affinity, tolerations, hostAliases, lifecycle, probes, "
            + "limits other than cpu and memory, and of `securityContext` all but the user, the group and runAsNonRoot "
            + "are ignored; the condition `SpecWarning` names them.",
        "Kubernetes as a backend, authentication, the user interface, gRPC, event sources, sensors and sync limits.",
        "`managedFields` in metadata; spans that are exported.",
        "The commands `sync` and `executor-plugin`.",
    ]
}
