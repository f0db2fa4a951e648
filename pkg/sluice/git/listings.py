"""Listing a server's references once for all who want to know them at about the same time."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sluice.git.errors import GitError
from sluice.git.upstreams import Upstream

_TOGETHER = 16
"""Prefixes that are asked for together: those that were wanted last."""
_KEPT = 10_000
"""References of a listing that is kept for later, at most."""


@dataclass(frozen=True, kw_only=True)
class _Question:
    prefixes: frozenset[str]
    begun: float
    """When the server was asked, on the event loop's clock: later changes may be missing."""

    def serves(self, prefixes: Sequence[str], since: float) -> bool:
        """Whether the answer is one for these prefixes, and young enough."""
        return self.begun >= since and self.prefixes.issuperset(prefixes)


@dataclass(frozen=True, kw_only=True)
class Listed(_Question):
    """What a server answered."""

    refs: Mapping[str, str]

    def among(self, prefixes: Sequence[str]) -> dict[str, str]:
        """The references that start with one of ``prefixes``."""
        return {name: oid for name, oid in self.refs.items() if name.startswith(tuple(prefixes))}


@dataclass(frozen=True, kw_only=True)
class _Asked(_Question):
    answer: asyncio.Future[Listed | GitError] = field(default_factory=asyncio.Future)
    """Cancelled when who asked has gone away."""


class Listing:
    """The references of one server: one request at a time, whose answer everybody gets who may have it."""

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self._wanted: OrderedDict[str, None] = OrderedDict()
        self._asked: _Asked | None = None
        self._kept: Listed | None = None

    async def refs(self, prefixes: Sequence[str], *, since: float) -> Listed:
        """References, with those that start with one of ``prefixes``, from a request begun at ``since`` or later.

        Raises the GitError tree.
        """
        self._note(prefixes)
        while True:
            if self._kept and self._kept.serves(prefixes, since):
                return self._kept
            asked = self._asked
            if asked is None:
                return await self._ask()
            # Whoever waits may give up, and nobody else notices.
            await asyncio.wait((asked.answer,))
            if asked.serves(prefixes, since) and not asked.answer.cancelled():
                answer = asked.answer.result()
                if isinstance(answer, GitError):
                    raise answer
                return answer

    def _note(self, prefixes: Sequence[str]) -> None:
        for prefix in prefixes:
            self._wanted[prefix] = None
            self._wanted.move_to_end(prefix)
        while len(self._wanted) > max(_TOGETHER, len(prefixes)):
            self._wanted.popitem(last=False)

    async def _ask(self) -> Listed:
        prefixes = tuple(self._wanted)
        asked = self._asked = _Asked(prefixes=frozenset(prefixes), begun=asyncio.get_running_loop().time())
        try:
            refs = await self.upstream.refs(prefixes)
            found = Listed(prefixes=asked.prefixes, begun=asked.begun, refs=refs)
            self._kept = found if len(refs) <= _KEPT else None
            asked.answer.set_result(found)
            return found
        except GitError as error:
            asked.answer.set_result(error)
            raise
        finally:
            self._asked = None
            # Done already, unless this was cancelled: then somebody else asks.
            asked.answer.cancel()
