"""The HelmCharts that are made for HelmReleases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sluice import kube, ssa
from sluice.helm.releases import naming
from sluice_api import helm, meta
from sluice_api.helm import v2 as helmv2
from sluice_api.source import v1 as sourcev1

NAME: Final = f"{helm.GROUP}/name"
NAMESPACE: Final = f"{helm.GROUP}/namespace"

_NAMES: Final = sourcev1.HelmChart.names
RESOURCE: Final = kube.Resource(
    group=_NAMES.group, version=_NAMES.version, kind=_NAMES.kind, plural=_NAMES.plural, namespaced=True
)
_TRIES: Final = 5


class Foreign(Exception):
    """The HelmChart is another HelmRelease's. The text is for users."""


class HelmCharts:
    """Makes and deletes them, each only for the HelmRelease that its labels name."""

    def __init__(self, client: kube.Client, *, manager: str, lives: Callable[[ssa.Owner], bool]) -> None:
        """`lives`: whether there is such a HelmRelease. What one left that is gone may be taken over."""
        self._client = client
        self._manager = manager
        self._lives = lives

    async def put(self, wanted: kube.Object, seen: kube.Object | None) -> ssa.Action:
        """Make it as wanted: what that took. `seen` is how a watch shows it.

        Raises:
            Foreign: it belongs to somebody else.
            KubeError: the server does not take it, or cannot be reached.
        """
        for _ in range(_TRIES):
            self._check(wanted, seen)
            version = seen["metadata"]["resourceVersion"] if seen else kube.ABSENT
            try:
                made = await self._client.apply(RESOURCE, wanted, manager=self._manager, resource_version=version)
            except kube.Conflict:
                seen = await self._live(wanted["metadata"]["namespace"], wanted["metadata"]["name"])
                continue
            if seen is None:
                return ssa.Action.CREATED
            same = made["metadata"]["resourceVersion"] == version
            return ssa.Action.UNCHANGED if same else ssa.Action.CONFIGURED
        raise kube.Conflict(409, "Conflict", f"the HelmChart changes faster than it can be applied ({_TRIES} tries)")

    async def remove(self, namespace: str, name: str, owner: ssa.Owner) -> bool:
        """Delete it if it is the owner's; whether it was there to be deleted. Raises KubeError."""
        live = await self._live(namespace, name)
        if live is None or _owner(live) != owner:
            return False
        metadata = live["metadata"]
        try:
            await self._client.delete(RESOURCE, name, namespace, uid=metadata["uid"])
        except kube.NotFound:
            return False
        return True

    def _check(self, wanted: kube.Object, seen: kube.Object | None) -> None:
        owner = _owner(seen) if seen else None
        if owner is not None and owner != _owner(wanted) and self._lives(owner):
            metadata = wanted["metadata"]
            raise Foreign(f"HelmChart/{metadata['namespace']}/{metadata['name']} belongs to HelmRelease {owner}")

    async def _live(self, namespace: str, name: str) -> kube.Object | None:
        try:
            return await self._client.get(RESOURCE, name, namespace)
        except kube.NotFound:
            return None


def wanted(obj: helmv2.HelmRelease) -> kube.Object:
    """The HelmChart that a HelmRelease with a template asks for."""
    assert obj.spec is not None
    assert obj.spec.chart is not None
    template, own = obj.spec.chart, obj.metadata
    spec = template.spec.model_dump(by_alias=True, exclude_none=True)
    spec["sourceRef"] = {"kind": template.spec.source_ref.kind, "name": template.spec.source_ref.name}
    # As Go writes it: so it stays the same text whichever controller applies it.
    spec["interval"] = meta.format_duration(meta.parse_duration(template.spec.interval or obj.spec.interval))
    given: dict[str, Any] = template.metadata.model_dump(exclude_none=True) if template.metadata else {}
    labels = {**given.get("labels", {}), NAME: own.name, NAMESPACE: own.namespace}
    return {
        "apiVersion": _NAMES.api_version,
        "kind": _NAMES.kind,
        "metadata": {
            "name": naming.chart_name(own.namespace, own.name),
            "namespace": template.spec.source_ref.namespace or own.namespace,
            "labels": labels,
            **({"annotations": given["annotations"]} if given.get("annotations") else {}),
        },
        "spec": {key: value for key, value in spec.items() if value},
    }


def includes(seen: kube.Object, asked: kube.Object) -> bool:
    """Whether a HelmChart has everything that is asked of it."""
    for part in ("labels", "annotations"):
        has = seen["metadata"].get(part) or {}
        if any(has.get(key) != value for key, value in (asked["metadata"].get(part) or {}).items()):
            return False
    has = seen.get("spec") or {}
    return all(has.get(key) == value for key, value in asked["spec"].items())


def _owner(obj: kube.Object) -> ssa.Owner | None:
    labels = obj["metadata"].get("labels") or {}
    name, namespace = labels.get(NAME), labels.get(NAMESPACE)
    return ssa.Owner(namespace=namespace, name=name) if name and namespace else None
