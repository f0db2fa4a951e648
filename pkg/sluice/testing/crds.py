"""Installing Sluice's CRDs in a cluster."""

from sluice import kube
from sluice.testing import polling
from sluice_api import crd
from sluice_api.kinds import KINDS


async def install_crds(client: kube.Client, *, manager: str = "sluice") -> None:
    """Apply the CRD of every kind, and return when the cluster serves them all."""
    resource = await client.resource_for("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    definitions = [crd.definition(kind) for kind in KINDS]
    for definition in definitions:
        await client.apply(resource, definition, manager=manager)

    async def not_established() -> list[str]:
        names = [definition["metadata"]["name"] for definition in definitions]
        return [name for name in names if not _established(await client.get(resource, name))]

    await polling.eventually(not_established, lambda names: not names, what="the CRDs being established")
    client.discovery.invalidate()


def _established(definition: kube.Object) -> bool:
    # A cluster that has not looked at it yet says so with nulls.
    conditions = (definition.get("status") or {}).get("conditions") or ()
    return any(condition["type"] == "Established" and condition["status"] == "True" for condition in conditions)
