"""A repository with its submodules, each from a mirror of its own, to one artifact.

Which commit a submodule is at is said by the repository that has it, so all of them are known as soon as one is.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sluice import git
from sluice.git import Credentials, Reference, RepositoryURL, addresses, knownhosts, submodules, trees
from sluice_controllers.source.gitrepository.building import Built, Order
from sluice_controllers.source.gitrepository.staging import Part, Staged, Whole
from sluice_controllers.source.gitrepository.values import Access

_MOST: Final = 256
"""Submodules of one artifact, those of submodules counted too."""
_DEEPEST: Final = 10
"""How deep submodules of submodules are fetched; below that they stay empty, as in Flux."""

Stage = Callable[[Access, Part], Awaitable[Staged | None]]
Pack = Callable[[Whole], Awaitable[str]]


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """A submodule that is to be fetched."""

    link: submodules.Link
    parent: Access
    """How the repository that names it was reached."""
    at: tuple[str, ...]
    depth: int


async def assemble(stage: Stage, pack: Pack, access: Access, order: Order, *, root: Path) -> Built | None:
    """Check out the repository and its submodules below `root`, and write the artifact; None if there is nothing new.

    Raises what `stage` and `pack` do; RemoteError for a submodule that cannot be had.
    """
    scratch = _scratch(root, order.file)
    first = Part(job=order.job, scratch=scratch, sparse=order.sparse, demand=order.demand, limits=order.limits)
    try:
        staged = await stage(access, first)
        if staged is None:
            return None
        await _add_submodules(stage, access, first, staged)
        whole = Whole(
            scratch=scratch,
            file=order.file,
            ignore=order.ignore,
            algorithm=order.algorithm,
            inclusions=order.inclusions,
            sparse=order.sparse,
            limits=order.limits,
        )
        return Built(commit=staged.commit, verified=staged.verified, digest=await pack(whole))
    finally:
        await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)


async def _add_submodules(stage: Stage, access: Access, first: Part, staged: Staged) -> None:
    left = _less(first.limits, staged)
    found = 0
    waiting = deque(_wanted(staged, access, (), 1))
    while waiting:
        wanted = waiting.popleft()
        found += 1
        if found > _MOST:
            raise git.TooLargeError(f"the repository has more than {_MOST} submodules")
        where, inner = await _staged(stage, first, wanted, left)
        left = _less(left, inner)
        if wanted.depth < _DEEPEST:
            waiting.extend(_wanted(inner, where, wanted.at, wanted.depth + 1))


def _wanted(staged: Staged, parent: Access, at: tuple[str, ...], depth: int) -> list[_Wanted]:
    return [_Wanted(link=link, parent=parent, at=(*at, *link.path.split("/")), depth=depth) for link in staged.links]


async def _staged(stage: Stage, first: Part, wanted: _Wanted, left: trees.Limits) -> tuple[Access, Staged]:
    """Check one submodule out; how it was reached, and what it has itself."""
    try:
        access = access_of(wanted.parent, submodules.resolved(wanted.link.address, str(wanted.parent.url)))
        job = replace(first.job, reference=Reference(commit=wanted.link.commit), refs=None, known="", annotated=False)
        staged = await stage(access, replace(first, job=job, at=wanted.at, demand=None, limits=left))
    except (git.TooLargeError, git.DeadlineError):
        raise
    except git.GitError as error:
        # Whatever is wrong with it, it is what the repository says: nothing in the object has to change.
        raise git.RemoteError(f"submodule '{'/'.join(wanted.at)}': {error}") from None
    assert staged is not None, "there is no revision of it that is known"
    return access, staged


def access_of(parent: Access, address: str) -> Access:
    """How to get at a submodule of the repository that was reached by `parent`.

    A login is for the server of the repository that it was given for, and shown to no other, nor on the word of a
    repository of another; for ssh, whose login nobody learns from being shown it, to the servers that are known to it.
    Raises UnsupportedError.
    """
    url = submodules.parsed(address)
    if url.scheme == "ssh":
        return replace(parent, url=url, credentials=_key(parent.credentials, url))
    if (url.scheme, url.netloc) == (parent.url.scheme, parent.url.netloc):
        return replace(parent, url=url)
    near = parent.near if parent.foreign else addresses.is_of_this_machine(parent.url.host)
    if addresses.is_address(url.host) and addresses.is_forbidden(url.host, loopback=near):
        raise git.UnsupportedError(f"{url.host}: {addresses.FORBIDDEN}")
    # Whom the login's owner takes for an authority may vouch for others, too.
    login = Credentials(username=url.username, password=url.password, ca=parent.credentials.ca)
    return replace(parent, url=url, credentials=login, foreign=True, near=near)


def _key(login: Credentials, url: RepositoryURL) -> Credentials:
    if not login.identity:
        raise git.UnsupportedError(f"{url} is had over ssh, for which there is no key")
    if not knownhosts.keys_of(login.known_hosts, url.host, url.port):
        raise git.UnsupportedError(f"{url.netloc} is not among the known hosts of the key")
    return replace(login, username=url.username or login.username)


def _less(limits: trees.Limits, staged: Staged) -> trees.Limits:
    return replace(limits, files=limits.files - staged.files, size=limits.size - staged.size)


def _scratch(root: Path, file: Path) -> Path:
    """A directory beside the mirrors for one object, whose files have one directory for themselves."""
    return root / f"staging-{hashlib.sha256(bytes(file.parent)).hexdigest()[:40]}"
