"""One object into the cluster: how that can be done, and how it can be refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from sluice import kube
from sluice.ssa import errors
from sluice_controllers.helm.objects.ownership import Owner
from sluice_controllers.helm.objects.sets import Item

MANAGER: Final = "helm-controller"
_QUOTA: Final = "Operation cannot be fulfilled on resourcequotas"
TRIES: Final = 5
"""How often a write is tried that others keep getting in the way of."""


class Refused(Exception):
    """An object that was not written. The text is Helm's, but for what a Secret may hold."""

    def __init__(self, text: str, cause: kube.KubeError | None = None) -> None:
        super().__init__(text)
        self.cause = cause

    @property
    def is_passing(self) -> bool:
        """Whether the server is in trouble, and not the object at fault."""
        return self.cause is not None and errors.is_passing(self.cause)


@dataclass(frozen=True, kw_only=True)
class Given:
    """An object that is to be written."""

    item: Item
    before: kube.Object | None = None
    """What the release had of it until now; None when it is new to the release."""


Admission = Callable[[Item, kube.Object], None]
"""Looks at an object that is there and new to the release; raises Refused if it is not to be taken over."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """An object as the server has it now."""

    item: Item
    is_new: bool
    """Whether it is certain that it was not there before."""
    uid: str
    version: str
    """Its resourceVersion: what watches have yet to catch up with."""

    @classmethod
    def of(cls, item: Item, live: kube.Object, *, is_new: bool) -> Written:
        """What the server answered."""
        metadata = live["metadata"]
        return cls(item=item, is_new=is_new, uid=metadata["uid"], version=metadata["resourceVersion"])


class Put(Protocol):
    """Writes one object."""

    async def put(self, given: Given) -> Written:
        """Write it. Raises Refused."""


def admit_all(_item: Item, _live: kube.Object) -> None:
    """Take over whatever is there."""


def admit_own(owner: Owner) -> Admission:
    """Take over what is marked as the release's own already."""

    def admit(item: Item, live: kube.Object) -> None:
        if objection := owner.objection(live):
            raise Refused(f"{named(item)} exists and cannot be imported into the current release: {objection}")

    return admit


def named(item: Item) -> str:
    """An object as Helm's messages about owners call it."""
    return f'{item.resource.kind} "{item.ref.name}" in namespace "{item.ref.namespace}"'


def shown(item: Item, error: kube.KubeError) -> str:
    """What the server said, without what was in a Secret."""
    return errors.shown(item.ref, error)


def is_quota(error: kube.KubeError) -> bool:
    """Whether two writes met in a ResourceQuota: the next try passes."""
    return isinstance(error, kube.Conflict) and _QUOTA in str(error)
