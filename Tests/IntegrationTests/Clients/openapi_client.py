"""Creates, waits for, lists, gets and reads the logs of a workflow with the generated OpenAPI client."""
import sys
import time

import argo_workflows
from argo_workflows.api import workflow_service_api, workflow_template_service_api
from argo_workflows.model.container import Container
from argo_workflows.model.io_argoproj_workflow_v1alpha1_template import IoArgoprojWorkflowV1alpha1Template
from argo_workflows.model.io_argoproj_workflow_v1alpha1_workflow import IoArgoprojWorkflowV1alpha1Workflow
from argo_workflows.model.io_argoproj_workflow_v1alpha1_workflow_create_request import (
    IoArgoprojWorkflowV1alpha1WorkflowCreateRequest,
)
from argo_workflows.model.io_argoproj_workflow_v1alpha1_workflow_spec import IoArgoprojWorkflowV1alpha1WorkflowSpec
from argo_workflows.model.object_meta import ObjectMeta


def main(host: str) -> None:
    configuration = argo_workflows.Configuration(host=host)
    configuration.verify_ssl = False
    api = workflow_service_api.WorkflowServiceApi(argo_workflows.ApiClient(configuration))
    manifest = IoArgoprojWorkflowV1alpha1Workflow(
        metadata=ObjectMeta(generate_name="openapi-"),
        spec=IoArgoprojWorkflowV1alpha1WorkflowSpec(
            entrypoint="main",
            templates=[
                IoArgoprojWorkflowV1alpha1Template(
                    name="main",
                    container=Container(image="busybox:1.36", command=["sh", "-c"], args=["echo hello openapi"]),
                )
            ],
        ),
    )
    created = api.create_workflow(
        namespace="default", body=IoArgoprojWorkflowV1alpha1WorkflowCreateRequest(workflow=manifest)
    )
    name = created.metadata.name
    for _ in range(200):
        got = api.get_workflow(namespace="default", name=name)
        phase = got.status.get("phase")
        if phase in ("Succeeded", "Failed", "Error"):
            break
        time.sleep(0.1)
    assert phase == "Succeeded", got.status
    listed = api.list_workflows(namespace="default")
    assert name in [item.metadata.name for item in listed.items], listed
    logs = api.workflow_logs(namespace="default", name=name, log_options_container="main", _check_return_type=False)
    assert "hello openapi" in str(logs), logs
    templates = workflow_template_service_api.WorkflowTemplateServiceApi(argo_workflows.ApiClient(configuration))
    templates.list_workflow_templates(namespace="default")
    try:
        api.get_workflow(namespace="default", name="there-is-none")
    except argo_workflows.ApiException as error:
        assert error.status == 404, error
    else:
        raise AssertionError("a workflow that does not exist was found")
    api.delete_workflow(namespace="default", name=name)
    print("openapi ok", name)


if __name__ == "__main__":
    main(sys.argv[1])
