"""What a Kustomization's status remembers: the objects it owns, and how past reconciliations went."""

from sluice_api import meta


class ResourceRef(meta.APIModel):
    """One object of the inventory."""

    id: str
    """`<namespace>_<name>_<group>_<kind>`."""
    v: str
    """API version of the object, without its group."""


class ResourceInventory(meta.APIModel):
    """Every object that was applied, in the order it was."""

    entries: list[ResourceRef]
    """The objects."""


class Snapshot(meta.APIModel):
    """What one state of the manifests came to; equal digest and status share one snapshot."""

    digest: str
    """Digest of the built manifests."""
    first_reconciled: meta.Time
    """When the state was first reconciled."""
    last_reconciled: meta.Time
    """When it was last reconciled."""
    last_reconciled_duration: str
    """How long the last reconciliation took."""
    last_reconciled_status: str
    """Reason of the last outcome."""
    metadata: dict[str, str] | None = None
    """Revision, and the origin's revision where it is known."""
    total_reconciliations: meta.Int64
    """How often the state was reconciled with this outcome."""
