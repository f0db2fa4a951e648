"""The definitions in a chart's `crds` folder: applied before a release, and never deleted.

They are no part of the release. On the server's side those that are there are brought up to date by either policy, as
Flux has it; otherwise Create leaves them alone, and CreateReplace puts the chart's in their place.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Final

from sluice import kube
from sluice.ssa import health
from sluice_controllers.helm import waiting
from sluice_controllers.helm.actions import working
from sluice_controllers.helm.actions.working import Failure, Place, Work
from sluice_controllers.helm.objects import applying, sets, writing
from sluice_controllers.helm.objects.applying import Manner
from sluice_controllers.helm.objects.sets import Item

_SECONDS: Final = 60.0
_GROUP: Final = "apiextensions.k8s.io"


async def apply(place: Place, work: Work, objects: Sequence[dict[str, Any]]) -> None:
    """Apply the definitions, and return when the server serves what they define.

    It is safe to repeat: what was written in this action is not written again.

    Raises:
        Waiting: they are not served yet.
        Failure: one was refused, or is not served in time.
    """
    if place.options.definitions == "Skip" or not objects:
        return
    items = await _items(place, objects)
    if not all(item.identity in work.written for item in items):
        try:
            work.remember(await applying.apply(_writer(place), items))
        except applying.ApplyFailed as failed:
            text = f"failed to apply CustomResourceDefinitions: {failed}"
            raise working.trouble(place, work, failed.trouble) or Failure(text) from None
    soon = dataclasses.replace(place, options=dataclasses.replace(place.options, timeout=_SECONDS))
    try:
        await waiting.ready(soon, work, items, lambda _, found: health.judge(found, place.clock.now()))
    except Failure as failure:
        text = f"failed to wait for CustomResourceDefinition(s): {failure}"
        raise Failure(f"failed to apply CustomResourceDefinitions: {text}") from None
    work.since = None
    place.client.discovery.invalidate()


async def _items(place: Place, objects: Sequence[dict[str, Any]]) -> list[Item]:
    """The definitions, with the labels of where they come from; whatever else is in the folder is left out."""
    wanted = [_labelled(obj, place.options.origin) for obj in sets.flat(objects) if is_definition(obj)]
    try:
        return await sets.located(place.client, wanted, "")
    except sets.Unusable as error:
        raise Failure(f"failed to parse CustomResourceDefinitions: {error}") from None


def is_definition(obj: dict[str, Any]) -> bool:
    """Whether it is one."""
    return kube.ObjectRef.of(obj).group == _GROUP and obj.get("kind") == "CustomResourceDefinition"


def _labelled(obj: dict[str, Any], origin: Any) -> dict[str, Any]:
    metadata = obj["metadata"]
    return {**obj, "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), **origin}}}


def _writer(place: Place) -> writing.Put:
    options = place.options
    server_side = options.server_side is not False
    replacing = options.definitions == "CreateReplace"
    writer = Manner(server_side=server_side, replace=replacing and not server_side).writer(
        place.client, writing.admit_all
    )
    return writer if server_side or replacing else _Creating(place.client, writer)


class _Creating:
    """Makes what is not there, and leaves alone what is."""

    def __init__(self, client: kube.Client, writer: writing.Put) -> None:
        self._client = client
        self._writer = writer

    async def put(self, given: writing.Given) -> writing.Written:
        """See `writing.Put`."""
        item = given.item
        try:
            live = await self._client.get(item.resource, item.ref.name)
        except kube.NotFound:
            return await self._writer.put(given)
        except kube.KubeError as error:
            raise writing.Refused(f"failed to get {item}: {error}", error) from None
        return writing.Written.of(item, live, is_new=False)
