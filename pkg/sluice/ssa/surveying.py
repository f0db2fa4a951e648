"""Learning at one go what was applied before this process began, or began to answer for it.

An object that nobody remembers, though it carries an owner's labels, would cost a dry run and a read. Where many are
like that, as after a start, they are listed instead, kind by kind. Of each only two digests are kept, until they are
asked for: what was applied to it, and the fingerprint by which the metadata watch tells whether that still holds.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field
from typing import Final

import structlog

from sluice import aio, kube
from sluice.ssa import controls, fingerprints, identities, live, plans, recognising, records

_AGAIN_SECONDS: Final = 60.0
"""How soon a kind may be listed again, however many are unknown."""
_WORTH: Final = 4
"""A list is worth while when at least one in so many of its objects is unknown."""
_FIRST_PAGE, _MOST_PER_PAGE, _GROWTH = 25, 500, 4
_PAGE_BYTES: Final = 2 << 20
"""What a page should take: it is decoded at a stretch."""
_SLICE: Final = 20
"""Objects that are looked through at a stretch."""

_Scope = tuple[kube.Resource, str]


@dataclass(kw_only=True)
class _Survey:
    """`notes` are of the objects that were unknown. They are taken out as they are asked for, and do not age."""

    begun: float = -math.inf
    notes: dict[identities.Identity, recognising.Applied] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None


class Surveyor:
    """Lists in the name of one user: what a user may not list is not told to them, but asked for object by object."""

    def __init__(
        self,
        client: kube.Client,
        *,
        view: live.LiveView,
        memory: records.Records,
        fingerprinter: fingerprints.Fingerprinter,
        tasks: aio.TaskOwner,
        clock: aio.Clock,
        everywhere: bool,
    ) -> None:
        """`everywhere`: list over all namespaces, as the controller itself may; else in the object's own."""
        self._client = client
        self._view = view
        self._memory = memory
        self._fingerprinter = fingerprinter
        self._tasks = tasks
        self._clock = clock
        self._everywhere = everywhere
        self._surveys: dict[_Scope, _Survey] = {}
        self._log = structlog.get_logger()

    async def recognised(self, wanted: plans.Wanted) -> kube.Object | None:
        """The metadata of an object that nobody remembers, if it is as wanted; None if the server has to be asked."""
        if self._view.get(wanted.identity) is None:
            return None
        survey = self._survey(wanted)
        if survey.task is not None and not survey.task.done():
            # Not cancelled with whoever waits: others do, too.
            await asyncio.wait((survey.task,))
        note, found = survey.notes.pop(wanted.identity, None), self._view.get(wanted.identity)
        if note is None or found is None or not recognising.is_applied(wanted.obj, found, note, self._fingerprinter):
            return None
        return found

    def _survey(self, wanted: plans.Wanted) -> _Survey:
        """The survey that may know the object, begun now if it is time for one."""
        scope = (wanted.resource, "" if self._everywhere else wanted.ref.namespace)
        survey = self._surveys.setdefault(scope, _Survey())
        now = self._clock.monotonic()
        if wanted.identity in survey.notes or now - survey.begun < _AGAIN_SECONDS:
            return survey
        survey.begun = now
        if (survey.task is None or survey.task.done()) and self._is_worth_while(scope):
            survey.task = self._tasks.spawn(self._list(scope, survey), name=f"survey of {wanted.resource}")
        return survey

    def _is_worth_while(self, scope: _Scope) -> bool:
        resource, namespace = scope
        shown = self._view.list(resource, namespace)
        unknown = sum(self._memory.get(identities.Identity.of(obj)) is None for obj in shown)
        return unknown * _WORTH >= len(shown)

    async def _list(self, scope: _Scope, survey: _Survey) -> None:
        resource, namespace = scope
        limit, token = _FIRST_PAGE, ""
        try:
            while True:
                page = await self._client.page(
                    resource, namespace, labels=controls.OWNER_NAME, limit=limit, token=token
                )
                await self._note(page.items, survey)
                token = page.token
                if not token:
                    return
                limit = max(1, min(limit * _PAGE_BYTES // page.size, limit * _GROWTH, _MOST_PER_PAGE))
        except kube.KubeError as error:
            # What was not listed is asked for.
            self._log.info("applied objects not listed", resource=str(resource), error=str(error))

    async def _note(self, items: list[kube.Object], survey: _Survey) -> None:
        for index, obj in enumerate(items):
            if index % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
            identity = identities.Identity.of(obj)
            if self._memory.get(identity) is not None:
                continue
            found = recognising.applied(obj, self._fingerprinter)
            if found is not None:
                survey.notes[identity] = found
