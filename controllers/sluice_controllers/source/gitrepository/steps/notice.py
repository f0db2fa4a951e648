"""Does the reference still lead to the artifact's revision? Costs one request at most."""

import asyncio

from sluice import git, runtime
from sluice.git import references
from sluice_api import meta
from sluice_api.source.v1 import GitRepository
from sluice_controllers.source import keeping
from sluice_controllers.source.gitrepository import failures
from sluice_controllers.source.gitrepository.fetching import Fetcher
from sluice_controllers.source.gitrepository.values import Noticed, Request, Result

_MANY = 1000


class Notice:
    """Lists the server's references. Nothing new ends the pass here; a pinned commit that is stored needs no request.

    Sets FetchFailed when the server cannot be asked or has no such reference.
    """

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    async def __call__(self, ctx: runtime.Context[GitRepository], request: Request) -> Noticed | runtime.Done:
        """Ask the server."""
        url = request.source.spec.url
        named = bool(request.reference.name)
        doing = (
            "unable to list remote for"
            if (request.listed and not request.reference.semver) or named
            else "unable to clone"
        )
        try:
            references.check(request.reference)
            async with asyncio.timeout_at(request.deadline):
                look = await self._fetcher.refs(request.access, request.reference, age=_age(ctx, request))
            if look is None:
                return Noticed(request=request, refs=None)
            refs = await _needed(request.reference, look.refs)
            candidates = git.resolve(request.reference, refs)
        except (git.GitError, TimeoutError) as error:
            raise failures.fetching(error, url, doing=doing) from None
        if len(candidates) == 1 and candidates[0].revision == request.known:
            return runtime.Done(unchanged(ctx, request.source, age=look.age))
        return Noticed(request=request, refs=refs)


async def _needed(reference: git.Reference, refs: dict[str, str]) -> dict[str, str]:
    """Those of the references that the one that is asked for leads to."""
    if len(refs) <= _MANY:
        return references.needed(reference, refs)
    # Versions of so many tags take a while to compare.
    return await asyncio.to_thread(references.needed, reference, refs)


def _age(ctx: runtime.Context[GitRepository], request: Request) -> float:
    """Seconds that may have gone since the server was asked, for this pass to believe the answer.

    Who asks for a look wants to see what was pushed before. A pass at the interval is content with what another object
    was told; its next one is counted from there, so that from look to look no more than the interval goes by.
    """
    if request.known and ctx.causes == {runtime.Cause.INTERVAL} and ctx.requested_at is None:
        return meta.parse_duration(request.source.spec.interval) / 2
    if ctx.requested_at is not None and runtime.Cause.REQUESTED not in ctx.causes:
        # The object is newer than what led to this pass.
        return 0.0
    return ctx.clock.monotonic() - ctx.caused


def unchanged(ctx: runtime.Context[GitRepository], source: GitRepository, *, age: float = 0.0) -> Result:
    """The artifact in storage still stands for the source; the server said so `age` seconds ago."""
    current = keeping.current(ctx)
    keeping.in_storage(ctx, current)
    return Result(source=source, artifact=current, age=age)
