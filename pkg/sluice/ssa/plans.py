"""What is to be done to one object, decided before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sluice import kube
from sluice.ssa import changes, fingerprints, identities, ownership, records


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One object ready to apply, with the kind that serves it and all that it is recorded with."""

    resource: kube.Resource
    obj: dict[str, Any] = field(repr=False)
    owner: ownership.Owner
    options: records.ApplyOptions
    digest: fingerprints.DesiredDigest
    trusting: bool = False
    """Take it as settled when it was applied before, or by another owner since: nothing calls for another look."""

    @property
    def ref(self) -> kube.ObjectRef:
        """The object."""
        return kube.ObjectRef.of(self.obj)

    @property
    def identity(self) -> identities.Identity:
        """The object, whatever its version."""
        return identities.Identity.of(self.obj)


@dataclass(frozen=True, kw_only=True)
class Settled:
    """Nothing to write. `live` is the object that was compared, None when memory answered."""

    wanted: Wanted
    action: changes.Action
    live: kube.Object | None = None


@dataclass(frozen=True, kw_only=True)
class Write:
    """Apply, after cleaning up the live object's metadata if a patch is given.

    `payload` is what is applied where some of the wanted fields are to be left alone, and only if the object is still
    of the version that was looked at: else what is left alone could be of yesterday.
    """

    wanted: Wanted
    action: changes.Action
    cleanup: list[dict[str, Any]] = field(default_factory=list)
    payload: dict[str, Any] | None = field(default=None, repr=False)
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """Apply without a look, on condition that the object is as memory and the watch have it.

    The server holds it to the version: `kube.ABSENT` when nobody has seen such an object.
    """

    wanted: Wanted
    version: str = kube.ABSENT


@dataclass(frozen=True, kw_only=True)
class Recreate:
    """Delete the live object and apply: a field that cannot change has to."""

    wanted: Wanted
    live: kube.Object = field(repr=False)


Plan = Settled | Write | Attempt | Recreate
