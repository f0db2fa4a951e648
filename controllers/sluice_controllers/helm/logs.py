"""The last lines that the pods of a hook have written, where the hook wants them told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from sluice import kube
from sluice.helm.releases.records import Hook
from sluice_controllers.helm.actions.working import Place, Work
from sluice_controllers.helm.objects.sets import Item

_PODS: Final = kube.Resource(group="", version="v1", kind="Pod", plural="pods", namespaced=True)
_MOST_PODS: Final = 3
_LINES: Final = 10
_BYTES: Final = 4096


async def tell(place: Place, work: Work, hook: Hook, items: Sequence[Item], *, on: str) -> None:
    """Add them to the log of the action, if the policy of the hook names this end. It never fails for that."""
    if on not in hook.output_log_policies:
        return
    for item in items:
        try:
            for pod in await _pods(place.client, item):
                await _containers(place.client, work, pod)
        except kube.KubeError as error:
            work.say(f"logs of hook {hook.path} cannot be read: {error}")


async def _pods(client: kube.Client, item: Item) -> list[kube.Object]:
    namespace, name = item.ref.namespace, item.ref.name
    if item.resource.kind == "Job":
        return (await client.list(_PODS, namespace, labels=f"job-name={name}", limit=_MOST_PODS)).items[:_MOST_PODS]
    if item.resource.kind == "Pod":
        return (await client.list(_PODS, namespace, fields=f"metadata.name={name}")).items
    return []


async def _containers(client: kube.Client, work: Work, pod: kube.Object) -> None:
    ref = kube.ObjectRef.of(pod)
    for container in pod["spec"].get("containers") or ():
        query = urlencode({"container": container["name"], "tailLines": _LINES, "limitBytes": _BYTES})
        path = _PODS.path(ref.namespace, ref.name, "log")
        for line in str(await client.raw("GET", f"{path}?{query}")).splitlines()[-_LINES:]:
            work.say(f"{ref.name}/{container['name']}: {line}")
