"""Creates, waits for, lists, gets and reads the logs of a workflow with Hera, all settings but the host as they come."""
import ssl
import sys
import urllib.request

from hera.workflows import Container, Parameter, Script, Steps, Workflow, WorkflowsService
from hera.workflows.models import WorkflowTemplate  # noqa: F401  (imported to see that it still is there)


def main(host: str) -> None:
    service = WorkflowsService(host=host, verify_ssl=False, namespace="default")
    with Workflow(
        generate_name="hera-", entrypoint="main", namespace="default", workflows_service=service,
        arguments=[Parameter(name="who", value="hera")],
    ) as workflow:
        say = Container(name="say", image="busybox:1.36", command=["sh", "-c"],
                        args=["echo hello {{workflow.parameters.who}}; sleep 1"])
        with Steps(name="main"):
            say(name="one")
    created = workflow.create()
    assert created.metadata.name.startswith("hera-"), created.metadata
    finished = workflow.wait(poll_interval=1)
    assert finished.status.phase == "Succeeded", finished.status
    name = created.metadata.name
    listed = service.list_workflows(namespace="default", label_selector="workflows.argoproj.io/completed=true")
    assert name in [item.metadata.name for item in listed.items], listed
    got = service.get_workflow(name, namespace="default")
    nodes = {node.display_name: node for node in got.status.nodes.values()}
    assert nodes["one"].phase == "Succeeded" and nodes["one"].type == "Pod", nodes
    pod = [node for node in got.status.nodes.values() if node.display_name == "one"][0]
    # Hera reads a stream of one line, and keeps nothing of what is in it, with a real Argo too: so look at the line.
    service.workflow_logs(name, namespace="default", container="main")
    unchecked = ssl._create_unverified_context()
    log = f"{host}/api/v1/workflows/default/{name}/log?logOptions.container=main"
    with urllib.request.urlopen(log, context=unchecked) as answer:
        assert "hello hera" in answer.read().decode()
    template = Workflow(
        generate_name="hera-lint-", entrypoint="main", namespace="default", workflows_service=service,
        templates=[Script(name="main", image="python:3.12", command=["python3"], source="print('x')")],
    )
    template.lint()
    service.delete_workflow(name, namespace="default")
    print("hera ok", name, pod.id)


if __name__ == "__main__":
    main(sys.argv[1])
