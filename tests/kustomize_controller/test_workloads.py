"""Workloads: what their pods say counts early, and is told when they fail."""

from __future__ import annotations

import pathlib
from typing import Any

from tests.kustomize_controller.conftest import Space, condition

from sluice.testing import polling


def workload(kind: str, fate: str = "", *, replicas: int = 1) -> dict[str, Any]:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "registry.test/app:1"}]}}
    annotations = {"sluice.dev/simulate": fate} if fate else {}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    named = {"serviceName": "web"} if kind == "StatefulSet" else {}
    metadata = {"name": "web", "annotations": annotations}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": {**spec, **named}}


async def pod(space: Space) -> str:
    resource = await space.client.resource_for("v1", "Pod")

    async def look() -> list[Any]:
        return (await space.client.list(resource, space.namespace, labels="app=web")).items

    (found,) = await polling.eventually(look, lambda pods: len(pods) == 1, what="the pod")
    return str(found["metadata"]["name"])


async def crash(space: Space, given: pathlib.Path | None) -> str:
    """Have the pod crash where nobody does: on a cluster without nodes that was given; an embedded one simulates it."""
    name = await pod(space)
    if given is None:
        return name
    waiting = {"reason": "CrashLoopBackOff", "message": "back-off restarting failed container (simulated)"}
    one = {"name": "c", "image": "i", "imageID": "", "ready": False, "restartCount": 3}
    status = {"phase": "Running", "containerStatuses": [{**one, "state": {"waiting": waiting}}]}
    await space.patch("Pod", name, {"status": status}, subresource="status")
    return name


async def test_a_stateful_set_whose_pods_crash_fails_early(space: Space, given_cluster: pathlib.Path | None) -> None:
    async with space.controller():
        await space.kustomization(wait=True, timeout="2m")
        await space.commit({"web.yaml": workload("StatefulSet", "crash")})
        await crash(space, given_cluster)
        app = await space.see_ready("False", "HealthCheckFailed")
        what = f"StatefulSet/{space.namespace}/web status: 'Failed': 1 pods have failed"
        why = "Pod web-0, container c: CrashLoopBackOff: back-off restarting failed container (simulated)"
        assert condition(app)["message"].endswith(f"failed early due to stalled resources: [{what}: {why}]")


async def test_a_deployment_that_times_out_tells_what_its_pods_say(
    space: Space, given_cluster: pathlib.Path | None, monkeypatch: Any
) -> None:
    monkeypatch.setattr("sluice_controllers.kustomize.values._LEAST_TIMEOUT", 2.0)
    async with space.controller():
        await space.kustomization(wait=True, timeout="2s")
        await space.commit({"web.yaml": workload("Deployment", "crash")})
        name = await crash(space, given_cluster)
        app = await space.see_ready("False", "HealthCheckFailed")
        assert f"Deployment/{space.namespace}/web status: 'InProgress': " in condition(app)["message"]
        assert f"Pod {name}, container c: CrashLoopBackOff: back-off restarting" in condition(app)["message"]
        assert space.seen["GET pods"] == 1


async def test_while_all_is_well_no_pod_is_asked_for(space: Space) -> None:
    async with space.controller():
        await space.kustomization(wait=True)
        await space.commit({"web.yaml": workload("Deployment", replicas=0)})
        await space.see_ready()
        assert not [request for request in space.log if request.resource == "pods"]
