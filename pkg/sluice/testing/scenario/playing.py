"""Carrying out a scenario's steps against a cluster, and holding what is seen against what Flux did."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sluice import kube, yamlio
from sluice.testing import git_repositories, namespaces
from sluice.testing.scenario import comparing, files, normalising, observing

Object = dict[str, Any]

_API_VERSIONS: Final = {kind: api_version for api_version, kind in observing.OWNERS}
_TICK: Final = 0.05
_SETTLE: Final = 0.7
"""How long nothing may change before a wait by time counts as over; anything of ours reacts well within."""
_DEADLINE: Final = 60.0
"""How long a wait may take; the longest that a scenario asks for is the timeout of its own objects."""


class Mismatch(AssertionError):
    """What was seen is not what Flux did."""


class Player:
    """Plays one scenario in a namespace of its name, with the repository that is served at `url`.

    `charts` is the address of a repository of charts. `deviations` are the differences that are meant, each of which
    must occur.
    """

    def __init__(
        self,
        scenario: files.Scenario,
        client: kube.Client,
        repository: git_repositories.Repository,
        url: str,
        deviations: Sequence[comparing.Deviation] = (),
        *,
        charts: str = "",
    ) -> None:
        self._charts = charts
        self._scenario = scenario
        self._client = client
        self._repository = repository
        self._url = url
        self._deviations = deviations
        self._met: set[comparing.Deviation] = set()
        self._seen = iter(scenario.seen)
        self._theirs: normalising.Commits = {}
        self._ours: normalising.Commits = {}
        self._asked = 0

    async def play(self) -> None:
        """Play every step, and leave the namespace to its end.

        Raises:
            Mismatch: at the first wait that does not show what Flux did, with every difference.
        """
        await namespaces.create(self._client, self._scenario.name)
        try:
            await self._steps()
        finally:
            await namespaces.delete(self._client, self._scenario.name)

    async def _steps(self) -> None:
        await self._files(self._scenario.files)
        for step in self._scenario.steps:
            ((verb, argument),) = step.items()
            await getattr(self, f"_{verb}")(argument)
        if unmet := set(self._deviations) - self._met:
            lines = "\n".join(f"  {deviation.path}: {deviation.why}" for deviation in unmet)
            raise Mismatch(f"{self._scenario}: these deviations did not occur, so they are no deviations:\n{lines}")

    async def _files(self, content: Mapping[str, Any]) -> None:
        self._repository.commit({name: _text(value) for name, value in content.items()})

    async def _remove(self, names: Sequence[str]) -> None:
        self._repository.commit({}, remove=names)

    async def _tag(self, name: str) -> None:
        self._repository.tag(name)

    async def _apply(self, objects: Sequence[Object]) -> None:
        for item in objects:
            resource, body = await self._filled_in(item)
            try:
                await self._client.apply(resource, body, manager="kubectl")
            except kube.ApiError as error:
                self._refused(error)

    def _refused(self, error: kube.ApiError) -> None:
        """Hold a refusal against the one that was seen: the code, and the message as far as it was recorded."""
        seen = next(self._seen)
        if "apply refused" not in seen:
            raise error
        code, _, body = seen["apply refused"].partition(" ")
        recorded = re.search(r'"message":"((?:[^"\\]|\\.)*)', body)
        assert recorded is not None
        # The record was cut after some hundred characters, so its last escape may be incomplete.
        whole = re.sub(r"\\(u[0-9a-f]{0,3})?$", "", recorded.group(1))
        message = json.loads(f'"{whole}"')
        if (error.status, error.message[: len(message)]) != (int(code), message):
            raise Mismatch(f"refused with {error.status} {error.message}\n   Flux's API: {code} {message}")

    async def _edit(self, item: Object) -> None:
        resource, body = await self._filled_in(item)
        metadata = body["metadata"]
        await self._client.patch(
            resource,
            metadata["name"],
            metadata.get("namespace", ""),
            body,
            kind=kube.PatchType.MERGE,
            manager="Python",
        )

    async def _delete(self, item: Object) -> None:
        resource, body = await self._filled_in(item)
        await self._client.delete(resource, body["metadata"]["name"], self._scenario.name)

    async def _request(self, item: Object) -> None:
        self._asked += 1
        annotations = {"reconcile.fluxcd.io/requestedAt": f"ask-{self._asked}"}
        await self._edit({"kind": item["kind"], "metadata": {"name": item["name"], "annotations": annotations}})

    async def _wait(self, wanted: int | Object) -> None:
        seen = normalising.normalise(next(self._seen), self._theirs)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _DEADLINE
        await self._quiet(deadline)
        while True:
            found = await observing.observe(self._client, self._scenario.name)
            ours = normalising.normalise(found, self._ours.copy())
            if not (left := comparing.unexpected(seen, ours, self._deviations)):
                break
            if loop.time() > deadline:
                self._fail(wanted, left)
            await asyncio.sleep(_TICK)
        normalising.normalise(found, self._ours)
        self._note_met(seen, ours)

    async def _quiet(self, deadline: float) -> None:
        """Return when nothing in the namespace has changed for a while: also what must not happen gets its chance."""
        loop = asyncio.get_running_loop()
        last, since = await observing.observe(self._client, self._scenario.name), loop.time()
        while loop.time() < min(since + _SETTLE, deadline):
            await asyncio.sleep(_TICK)
            now = await observing.observe(self._client, self._scenario.name)
            if now != last:
                last, since = now, loop.time()

    def _fail(self, wanted: int | Object, left: Sequence[comparing.Difference]) -> None:
        lines = "\n".join(str(difference) for difference in left)
        raise Mismatch(f"{self._scenario}: after waiting for {wanted}:\n{lines}")

    def _note_met(self, theirs: Object, ours: Object) -> None:
        for difference in comparing.unexpected(theirs, ours, ()):
            self._met.update(deviation for deviation in self._deviations if deviation.covers(difference))

    async def _filled_in(self, item: Object) -> tuple[kube.Resource, Object]:
        """The object with address, namespace and API version, and the resource it is of."""
        text = json.dumps(item).replace("GIT_URL", self._url).replace("CHARTS_URL", self._charts)
        text = text.replace("NAMESPACE", self._scenario.name)
        body: Object = json.loads(text)
        body.setdefault("apiVersion", _API_VERSIONS.get(body["kind"], "v1"))
        resource = await self._client.resource_for(body["apiVersion"], body["kind"])
        if resource.namespaced:
            body["metadata"].setdefault("namespace", self._scenario.name)
        return resource, body


def _text(content: Any) -> str:
    return content if isinstance(content, str) else yamlio.dump(content)
