"""Do the objects of the bucket still make the artifact's revision? One request for each thousand of them."""

from __future__ import annotations

import asyncio
import io
from typing import Any, Final

from sluice import runtime, web
from sluice.archive import sourceignore
from sluice.buckets import indexes
from sluice.buckets import listing as lists
from sluice.buckets.errors import BucketError, NoObjectError
from sluice.buckets.indexes import IGNORE, Index
from sluice.buckets.objects import Listed
from sluice_api.source.v1 import Bucket
from sluice_controllers.source import conditions, keeping
from sluice_controllers.source.bucket import failures
from sluice_controllers.source.bucket.values import Noticed, Request, Result

_RULES_BYTES: Final = 1 << 20
_REFUSALS: Final = (BucketError, web.WebError, TimeoutError)


class Notice:
    """Lists the bucket, and reads its ignore rules if they have changed. Nothing new ends the pass here.

    Sets FetchFailed (BucketOperationFailed) when that cannot be done.
    """

    def __init__(self, limits: lists.Limits) -> None:
        self._limits = limits

    async def __call__(self, ctx: runtime.Context[Bucket], request: Request) -> Noticed | runtime.Done:
        """Ask the store."""
        spec = request.source.spec
        deadline = asyncio.get_running_loop().time() + request.seconds
        try:
            listed = await lists.everything(request.bucket, spec.prefix or "", self._limits, deadline=deadline)
        except (*_REFUSALS, lists.FirstPageError) as error:
            raise failures.listing(error, spec.bucket_name) from None
        try:
            async with asyncio.timeout_at(deadline):
                rules = await _rules(ctx, request, listed)
        except _REFUSALS as error:
            raise failures.ignoring(error) from None
        index = await self._index(request, listed, rules)
        if index.revision == request.known:
            return runtime.Done(unchanged(ctx, request.source, index))
        return Noticed(request=request, index=index, rules=rules)

    async def _index(self, request: Request, listed: list[Listed], rules: bytes | None) -> Index:
        spec = request.source.spec
        texts = ((rules or b"").decode(errors="replace"), spec.ignore or "")
        parsed = [rule for text in texts for rule in sourceignore.read(text)]
        index = await asyncio.to_thread(indexes.index, listed, parsed)
        try:
            indexes.check(index, self._limits)
        except BucketError as error:
            raise failures.indexing(error, spec.bucket_name) from None
        return index


async def _rules(ctx: runtime.Context[Any], request: Request, listed: list[Listed]) -> bytes | None:
    """The file of ignore rules, if there is one; what was read of it before is not fetched again."""
    if not IGNORE.startswith(request.source.spec.prefix or ""):
        # It is not in such a list, whether there is one or not.
        return await _fetched(request, Listed(IGNORE, "", 0))
    found = next((each for each in listed if each.key == IGNORE), None)
    if found is None:
        return None
    known = (request.identity, found.etag)
    if ctx.memory.get("rules", (None,))[0] != known:
        ctx.memory["rules"] = (known, await _fetched(request, found))
    text: bytes | None = ctx.memory["rules"][1]
    return text


async def _fetched(request: Request, listed: Listed) -> bytes | None:
    into = io.BytesIO()
    try:
        await request.bucket.fetch(listed, into, limit=_RULES_BYTES)
    except NoObjectError:
        return None
    return into.getvalue()


def unchanged(ctx: runtime.Context[Any], source: Bucket, index: Index) -> Result:
    """The artifact in storage still stands for the source."""
    current = keeping.current(ctx)
    stored(ctx, current.revision)
    return Result(source=source, artifact=current, count=len(index.objects))


def stored(ctx: runtime.Context[Any], revision: str) -> None:
    """Say, in the words for this kind, that the artifact stands for the source."""
    ctx.condition(conditions.ARTIFACT_IN_STORAGE, "True", "Succeeded", f"stored artifact: revision '{revision}'")
    ctx.clear_condition(conditions.ARTIFACT_OUTDATED)
