"""Where the objects of an inventory are served now, and whether their kind is gone for good.

A kind that is missing from discovery need not be gone: the server of an aggregated API may be down, a CRD may serve
another version than it did, and a starting API server serves no CRD for a moment. Only a kind that nothing defines any
more has no objects.
"""

from __future__ import annotations

from typing import Final

from sluice import kube

_CRDS: Final = kube.Resource(
    group="apiextensions.k8s.io",
    version="v1",
    kind="CustomResourceDefinition",
    plural="customresourcedefinitions",
    namespaced=False,
)
_API_SERVICES: Final = kube.Resource(
    group="apiregistration.k8s.io", version="v1", kind="APIService", plural="apiservices", namespaced=False
)


class Definitions:
    """Looks kinds up, whatever version they are booked with."""

    def __init__(self, client: kube.Client) -> None:
        self._client = client

    async def resource(self, ref: kube.ObjectRef) -> kube.Resource | None:
        """The resource that serves an object, in its version or another one; None when the kind is gone.

        Raises:
            NoKindMatch: the kind is not served, but it is defined.
        """
        try:
            return await self._client.resource_for(ref.api_version, ref.kind)
        except kube.NoKindMatch:
            other = await self._in_another_version(ref)
            if other is None and await self._is_defined(ref):
                raise
            return other

    async def _in_another_version(self, ref: kube.ObjectRef) -> kube.Resource | None:
        served = [
            one
            for one in await self._client.discovery.served()
            if (one.resource.group, one.resource.kind) == (ref.group, ref.kind)
        ]
        served.sort(key=lambda one: not one.preferred)
        return served[0].resource if served else None

    async def _is_defined(self, ref: kube.ObjectRef) -> bool:
        services = await self._client.list(_API_SERVICES)
        for spec in (service.get("spec") or {} for service in services.items):
            if spec.get("group") == ref.group and spec.get("service"):
                return True
        known = await self._client.list(_CRDS, metadata_only=True)
        names = [name for one in known.items if (name := one["metadata"]["name"]).endswith(f".{ref.group}")]
        return any([await self._defines(name, ref.kind) for name in names])

    async def _defines(self, name: str, kind: str) -> bool:
        try:
            found = await self._client.get(_CRDS, name)
        except kube.NotFound:
            return False
        return bool(found["spec"]["names"]["kind"] == kind)
