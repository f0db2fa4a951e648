"""What an action is given, what it remembers between passes, and how it goes on."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Final, Literal

from sluice import aio, kube, ssa
from sluice.helm.releases.records import Info, Release
from sluice_controllers.helm.objects.sets import Item
from sluice_controllers.helm.objects.writing import Written
from sluice_controllers.helm.storage import Record, Storage
from sluice_controllers.helm.watching import Watches

_LINES: Final = 10


class Failure(Exception):
    """The action has failed; the text is Helm's."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How an action is done."""

    timeout: float = 300.0
    """Seconds that each wait may take."""
    wait: bool = True
    """Whether objects are waited for; hooks always are."""
    wait_for_jobs: bool = True
    hooks: bool = True
    """Whether hooks are run."""
    take_ownership: bool = True
    """Whether objects that are of no release, or of another one, are taken over."""
    strict: bool = True
    """Whether objects with fields that the server does not know are refused."""
    server_side: bool | None = True
    """None: as the release that it follows was."""
    force: bool = False
    """Whether objects are replaced; not on the server's side."""
    cleanup: bool = False
    """Whether a failure takes away what was made."""
    create_namespace: bool = False
    replace: bool = False
    """Whether the name of a release that was uninstalled, or has failed, is taken."""
    keep: int = 0
    """How many records are kept; 0 for all."""
    keep_history: bool = False
    propagation: Literal["Background", "Foreground", "Orphan"] = "Background"
    definitions: Literal["Skip", "Create", "CreateReplace"] = "Create"
    origin: Mapping[str, str] = field(default_factory=dict)
    """Labels of definitions: the HelmRelease that they come from."""

    def with_common(self, *, timeout: float, keep: int, origin: Mapping[str, str]) -> Options:
        """With what is not an action's own."""
        return replace(self, timeout=timeout, keep=keep, origin=origin)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an action is done, and with what. Of one pass."""

    client: kube.Client
    """As the identity of the release."""
    storage: Storage
    watches: Watches
    workers: aio.WorkerPool
    clock: aio.Clock
    options: Options

    def now(self) -> str:
        """The time, as Go writes it."""
        text = self.clock.now().astimezone(UTC).isoformat().removesuffix("+00:00")
        return (text.rstrip("0").rstrip(".") if "." in text else text) + "Z"


@dataclass(kw_only=True)
class Work:
    """How far an action has come. Kept in memory from pass to pass; a crash costs what the record does not say."""

    prepared: bool = False
    """Whether all is known that the steps need: a process that goes on with another's work has to learn it first."""
    at: int = 0
    """The step that is next."""
    since: float | None = None
    """Since when (monotonic) it waits there."""
    record: Record | None = None
    """The revision under way, as it was written last."""
    drafted: Release | None = None
    """The revision as it is to be written next; None while the record says it all."""
    items: list[Item] = field(default_factory=list)
    """What it consists of."""
    before: list[Item] = field(default_factory=list)
    """What the revision before it consisted of."""
    base: Record | None = None
    """The revision that it follows, while that is deployed."""
    written: dict[ssa.Identity, Written] = field(default_factory=dict)
    """What was written, hooks too."""
    going: list[Item] = field(default_factory=list)
    """What is being deleted."""
    cleared: set[int] = field(default_factory=set)
    """The hooks whose last objects were deleted, by their places in the record."""
    made: set[int] = field(default_factory=set)
    """The hooks whose objects were made, likewise."""
    events: set[str] = field(default_factory=set)
    """Those whose hooks have begun to be run."""
    errors: list[str] = field(default_factory=list)
    """What went wrong without ending the action."""
    logs: deque[str] = field(default_factory=lambda: deque(maxlen=_LINES))

    @property
    def release(self) -> Release:
        """The revision under way."""
        assert self.record is not None
        return self.drafted or self.record.release

    def draft(self, release: Release) -> None:
        """Have the next write say this."""
        self.drafted = release

    def say(self, text: str) -> None:
        """A line for the log of the action."""
        self.logs.append(text)

    def remember(self, written: Sequence[Written]) -> None:
        """What was written; what was new once stays so, however often it is written again."""
        for each in written:
            before = self.written.get(each.item.identity)
            is_new = each.is_new or (before is not None and before.is_new and before.uid == each.uid)
            self.written[each.item.identity] = replace(each, is_new=is_new)


Step = Callable[[], Awaitable[None]]


async def proceed(work: Work, steps: Sequence[Step]) -> None:
    """Do what is left. Raises what the steps raise, and goes on at the same step then."""
    assert work.prepared
    while work.at < len(steps):
        await steps[work.at]()
        work.at += 1
        work.since = None


def trouble(place: Place, work: Work, error: kube.KubeError | None) -> kube.KubeError | None:
    """The server's trouble, for as long as the action may take; after that it is the action's failure."""
    now = place.clock.monotonic()
    work.since = now if work.since is None else work.since
    return error if now - work.since < place.options.timeout else None


def with_status(release: Release, status: str, description: str, *, deleted: str = "") -> Release:
    """The release with another status; `deleted`: since when it is being uninstalled."""
    since = deleted or release.info.deleted
    return replace(release, info=replace(release.info, status=status, description=description, deleted=since))


def info(place: Place, *, status: str, description: str, notes: str, first: str = "") -> Info:
    """Of a revision that begins now; `first`: when the release was first deployed."""
    now = place.now()
    return Info(first_deployed=first or now, last_deployed=now, status=status, description=description, notes=notes)


async def store(place: Place, work: Work, release: Release, *, always: bool = False) -> None:
    """Have the record say this, unless it does already; `always`: even then."""
    assert work.record is not None
    if always or release != work.record.release:
        work.record = await place.storage.update(work.record, release)
    work.drafted = None
