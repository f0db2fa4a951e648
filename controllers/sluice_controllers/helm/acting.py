"""The seam between what is decided about a release and what is done: what an action is given, and what comes of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sluice import runtime
from sluice.helm.releases.records import Release
from sluice_api.helm.v2 import Snapshot
from sluice_controllers.helm.deciding import Action
from sluice_controllers.helm.storage import Record
from sluice_controllers.helm.values import Run

Inventory = tuple[Mapping[str, str], ...]
"""The entries of `status.inventory`."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A revision as Helm's storage has it now: written by the action, or deleted by it."""

    release: Release
    inventory: Inventory | None = None
    """What the revision consists of, definitions of kinds included; None leaves the inventory as it is."""


Observe = Callable[[Stored], Awaitable[None]]
"""Is told of every write to the storage, at once and in order: of what is told before a crash the status knows."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One action on one release. The same task is given again in every pass until the action has ended."""

    action: Action
    run: Run
    """Its `chart.package` is there for installs and upgrades, and for these alone."""
    last: Record | None
    """The newest revision in the storage: of a task that goes on, the one that it has begun."""
    storage: str
    """The namespace of the storage."""
    begun: bool = False
    """Whether an earlier pass, maybe of an earlier process, has begun it: `last` is its own then, not yet ended."""
    target: Snapshot | None = None
    """What a rollback goes back to."""
    differences: Any = None
    """What a correction corrects: as `Actions.differences` gave them."""
    observe: Observe = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Result:
    """How an action ended. Whether it wrote anything is known by what `Task.observe` was told."""

    error: str = ""
    """Why it failed, in Helm's words; "" when it did not."""
    logs: tuple[str, ...] = ()
    """The last lines of Helm's log, for the event of a failure."""
    newest: Record | None = None
    """The newest revision in the storage; None: it is to be looked for."""
    told: str = ""
    """Of a correction: what was corrected, line by line."""


class Gone(Exception):
    """An uninstall found no release."""


class Differences(Protocol):
    """What the cluster has otherwise than the release says. True in tests when there is anything."""

    def __bool__(self) -> bool:
        """Whether there is anything."""

    def __str__(self) -> str:
        """As Flux tells it: a line for each object."""


class Actions(Protocol):
    """Helm's actions, and the storage that they write to.

    Nothing is done that the actor of the run may not do. What the API server refuses is raised as KubeError where it
    is nobody's fault but the server's, and is the error of the result otherwise.
    """

    async def last(self, run: Run, *, name: str, storage: str) -> Record | None:
        """The newest revision of a release in the storage of a namespace, in whatever state.

        Raises:
            KubeError: the storage cannot be read.
            RecordError: what is there is none of Helm's.
        """

    async def revision(self, run: Run, snapshot: Snapshot) -> Release | None:
        """A revision that is remembered, as the run's storage has it; raises as `last`."""

    async def differences(self, ctx: runtime.Context[Any], run: Run, release: Release) -> Differences:
        """How the cluster differs from a release, and from here on whatever changes there wakes the HelmRelease."""

    async def perform(self, ctx: runtime.Context[Any], task: Task) -> Result:
        """Do it, or go on with it.

        A wait holds no worker: it subscribes to what ends it and raises.

        Raises:
            Waiting: it goes on in a later pass.
            Gone: there is no release to uninstall.
            KubeError: the server is not to be reached or cannot say; it is tried again.
        """

    def forget(self, run: Run) -> None:
        """Follow nothing for the HelmRelease any more."""
